/* act NAME PID [WORD]: see act.h. */
#include "act.h"

static const struct {
    const char *name;
    int (*act)(int, const char *);
} ACTS[] = {
    {"reader-stop", stop_reader},         {"reader-kill", kill_reader},
    {"reader-freeze", freeze_reader},     {"reader-starve-cpu", starve_cpu},
    {"reader-starve-memory", starve_memory}, {"audit-off", audit_off},
    {"audit-delete-rules", audit_delete_rules}, {"audit-exclude", audit_exclude},
    {"audit-register", audit_register},   {"connector-ignore", connector_ignore},
    {"accounting-off", accounting_off},   {"bpf-detach", bpf_detach},
    {"bpf-close", bpf_close},             {"bpf-close-copy", bpf_close_copy},
    {"bpf-consume", bpf_consume},         {"flood", flood},
    {"preload-forge", forge_exec},        {"preload-scribble", scribble},
    {"preload-static", run_static},       {"linger", linger},
    {"preload-step-around", step_around}, {"reader-freeze-all", freeze_all},
    {"kmod-unload", kmod_unload},         {"kmod-restore-table", kmod_restore_table},
    {"kmod-ftrace-off", kmod_ftrace_off}, {"probe", probe},
};

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: act NAME PID [WORD]\n");
        return MISUSE;
    }
    for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++)
        if (strcmp(argv[1], ACTS[i].name) == 0)
            return ACTS[i].act(atoi(argv[2]), argc > 3 ? argv[3] : "");
    fprintf(stderr, "act %s: there is none of this name: see main.c\n", argv[1]);
    return MISUSE;
}
