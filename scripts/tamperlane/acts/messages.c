/* What is done by netlink messages and by acct(2). */
#include <linux/audit.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "act.h"

static int open_socket(int protocol)
{
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 ? fd : -1;
}

static char answer[1 << 16] __attribute__((aligned(8)));

/* One message; the kernel's answer to it is 0 or its errno. */
static int ask(int fd, int type, const void *body, size_t bytes)
{
    static char message[1 << 14] __attribute__((aligned(8)));
    struct nlmsghdr *head = (struct nlmsghdr *)message;
    *head = (struct nlmsghdr){.nlmsg_len = (unsigned)NLMSG_LENGTH(bytes), .nlmsg_type = (unsigned short)type,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = 1};
    memcpy(NLMSG_DATA(head), body, bytes);
    if (send(fd, message, head->nlmsg_len, 0) < 0)
        return errno;
    for (;;) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        struct nlmsghdr *said = (struct nlmsghdr *)answer;
        if (got < 0)
            return errno;
        if (said->nlmsg_type == NLMSG_ERROR)
            return -((struct nlmsgerr *)NLMSG_DATA(said))->error;
    }
}

static int told(int fd, int type, const void *body, size_t bytes, const char *what)
{
    errno = fd < 0 ? errno : ask(fd, type, body, bytes);
    return answered(fd >= 0 && errno == 0, what);
}

int audit_off(int pid, const char *word)
{
    struct audit_status off = {.mask = AUDIT_STATUS_ENABLED, .enabled = 0};
    (void)pid, (void)word;
    return told(open_socket(NETLINK_AUDIT), AUDIT_SET, &off, sizeof off, "AUDIT_SET enabled=0");
}

/* As another daemon: to itself first, then to none. */
int audit_register(int pid, const char *word)
{
    struct audit_status own = {.mask = AUDIT_STATUS_PID, .pid = (unsigned)getpid()};
    int fd = open_socket(NETLINK_AUDIT);
    (void)pid, (void)word;
    if (told(fd, AUDIT_SET, &own, sizeof own, "AUDIT_SET pid=own") == DONE)
        return DONE;
    own.pid = 0;
    return told(fd, AUDIT_SET, &own, sizeof own, "AUDIT_SET pid=0");
}

/* All rules that there are: as auditctl -D. */
int audit_delete_rules(int pid, const char *word)
{
    static char rules[64][sizeof(struct audit_rule_data) + 1024];
    size_t sizes[64], count = 0;
    int fd = open_socket(NETLINK_AUDIT);
    struct nlmsghdr list = {.nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = AUDIT_LIST_RULES,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 2};
    (void)pid, (void)word;
    if (fd < 0 || send(fd, &list, list.nlmsg_len, 0) < 0)
        return answered(0, "AUDIT_LIST_RULES");
    for (;;) {
        ssize_t got = recv(fd, answer, sizeof answer, 0);
        struct nlmsghdr *said = (struct nlmsghdr *)answer;
        if (got < 0)
            return answered(0, "AUDIT_LIST_RULES");
        if (said->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(said))->error != 0) {
            errno = -((struct nlmsgerr *)NLMSG_DATA(said))->error;
            return answered(0, "AUDIT_LIST_RULES");
        }
        if (said->nlmsg_type == NLMSG_DONE)
            break;
        size_t bytes = (size_t)got - NLMSG_HDRLEN;
        if (said->nlmsg_type == AUDIT_LIST_RULES && count < 64 && bytes <= sizeof rules[0]) {
            memcpy(rules[count], NLMSG_DATA(said), bytes);
            sizes[count++] = bytes;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (told(fd, AUDIT_DEL_RULE, rules[i], sizes[i], "AUDIT_DEL_RULE") != DONE)
            return REFUSED;
    return DONE;
}

/* -a never,exclude -F msgtype>=1: no record is sent any more. The monitor's end does not take it away, so
 * this does, after five seconds, in a process that outlives the act. */
int audit_exclude(int pid, const char *word)
{
    struct audit_rule_data rule = {.flags = AUDIT_FILTER_EXCLUDE, .action = AUDIT_NEVER, .field_count = 1,
                                   .fields = {AUDIT_MSGTYPE}, .values = {AUDIT_SYSCALL},
                                   .fieldflags = {AUDIT_EQUAL}};
    int fd = open_socket(NETLINK_AUDIT);
    (void)pid;
    int type = strcmp(word, "undo") == 0 ? AUDIT_DEL_RULE : AUDIT_ADD_RULE;
    return told(fd, type, &rule, sizeof rule, "audit rule never,exclude");
}

static int to_connector(int fd, int operation)
{
    struct {
        struct nlmsghdr head;
        struct cn_msg message;
        int operation;
    } __attribute__((packed)) all = {
        .head = {.nlmsg_len = sizeof all, .nlmsg_type = NLMSG_DONE},
        .message = {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof operation},
        .operation = operation};
    return send(fd, &all, sizeof all, 0) == (ssize_t)sizeof all;
}

/* From a socket that never listened: since Linux 6.6 an operation that there is not makes it one. */
int connector_ignore(int pid, const char *word)
{
    int fd = open_socket(NETLINK_CONNECTOR);
    (void)pid, (void)word;
    return answered(fd >= 0 && to_connector(fd, 0) && to_connector(fd, PROC_CN_MCAST_IGNORE),
                    "PROC_CN_MCAST_IGNORE");
}

int accounting_off(int pid, const char *word)
{
    (void)pid, (void)word;
    return answered(acct(NULL) == 0, "acct");
}
