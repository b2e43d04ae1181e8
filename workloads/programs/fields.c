/* fields NONCE PROGRAMS SCRATCH COUNT: so many processes, of which each field differs from those of
 * the others: path, comm, folder, users, group, login user, session, terminal, control group, and of
 * every eighth the pid namespace, one or two deep. */
#include "told.h"

/* A terminal of its own; only the first process of a session gets one by opening it. */
static void open_terminal(void)
{
    int host = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    require(host >= 0 && grantpt(host) == 0 && unlockpt(host) == 0, "posix_openpt");
    require(open(ptsname(host), O_RDWR | O_CLOEXEC) >= 0, "the terminal");
    /* Closed by exec it would hang up its session. */
    fcntl(host, F_SETFD, 0);
}

static void set_login_user(unsigned user)
{
    int file = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
    char text[16];
    int length = snprintf(text, sizeof text, "%u", user);
    if (file < 0 || write(file, text, (size_t)length) != length)
        unavailable("the right to set a login user", "run with CAP_AUDIT_CONTROL, or without a login user");
    close(file);
}

static void become_and_tell(void)
{
    char name[32], *folder_of, *path;
    uid_t user = 61000 + (uid_t)(number % 97) * 4;
    snprintf(name, sizeof name, "d%d", number);
    folder_of = in_folder(name);
    require(mkdir(folder_of, 0755) == 0 && chdir(folder_of) == 0, folder_of);
    name[0] = 't';
    require(symlink(tell.exe, name) == 0, name);
    char *path_forms[] = {joined("./", name, ""), joined(folder_of, "/", name), joined("../", folder_of + strlen(folder()) + 1, "/")};
    path = number % 3 == 2 ? joined(path_forms[2], name, "") : path_forms[number % 3];
    join_group(group("g", number));
    if (number % 5 != 0)
        set_login_user(user + 3);
    if (number % 2 == 0)
        require(setsid() > 0 || getpid() == 1, "setsid");
    if (number % 4 == 0)
        open_terminal();
    require(setresgid(user + 1, user + 2, user + 2) == 0, "setresgid");
    require(setresuid(user, user + (uid_t)(number % 3), user) == 0, "setresuid");
    execv(path, tell.argv);
    fail_case(path);
}

static void play(void)
{
    int count = (int)parse_number(string_name);
    begin_telling();
    for (int i = 0; i < count; i++) {
        make_group(group("g", i));
        play_one(i, i % 8 == 7 ? 1 + i / 8 % 2 : 0);
        remove_group(group("g", i));
    }
    end_telling();
}
