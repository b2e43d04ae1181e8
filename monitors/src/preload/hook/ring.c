/* The writer's end of the channel: a ring of fixed slots in shared memory.
 *
 * A slot is claimed by a compare-and-swap on its own state word, which then names the thread; the
 * shared head follows and may be moved on by any writer. So a writer that is killed at any point
 * blocks no other writer, and the reader knows whose death to wait for. Nothing here waits: when
 * the ring is full the record is counted as dropped. */
#define _GNU_SOURCE
#include "kernel.h"
#include "rollcall.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Every failed turn means that another writer got on; so many in a row do not happen. */
#define TURNS_MOST 4096

static struct channel *channel;
static struct slot *slots;
static uint64_t mask;
static unsigned lap_shift;

bool rollcall_active(void) { return channel != NULL; }
pid_t rollcall_pid(void) { return (pid_t)kernel0(SYS_getpid); }
pid_t rollcall_ppid(void) { return (pid_t)kernel0(SYS_getppid); }

uint64_t rollcall_now(void) {
    struct timespec now = {0, 0};
#ifdef __LP64__
    kernel(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
#else /* where the kernel may know another timespec than the C library */
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The channel must be this user's own and closed to all others: only then do this user's processes
 * alone write into it. */
static bool trusted(const struct stat *file) {
    return S_ISREG(file->st_mode) && file->st_uid == (uid_t)kernel0(SYS_geteuid) && (file->st_mode & 077) == 0 &&
           file->st_size > HEAD_BYTES;
}

static bool adopt(struct channel *map, uint64_t size) {
    uint64_t count = map->slots;
    if (memcmp(map->magic, MAGIC, 8) != 0 || map->slot_bytes != SLOT_BYTES || count < 2 ||
        (count & (count - 1)) != 0 || HEAD_BYTES + count * SLOT_BYTES != size)
        return false;
    mask = count - 1;
    lap_shift = (unsigned)__builtin_ctzll(count);
    slots = (struct slot *)((char *)map + HEAD_BYTES);
    channel = map;
    return true;
}

bool rollcall_open(const char *path) {
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = rollcall_openat(AT_FDCWD, path, flags);
    if (fd < 0)
        return false;
    struct stat file;
    void *map = MAP_FAILED;
    if (rollcall_fstat(fd, &file) == 0 && trusted(&file))
        map = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    kernel(SYS_close, fd, 0, 0, 0);
    if (map == MAP_FAILED)
        return false;
    if (adopt(map, (uint64_t)file.st_size))
        return true;
    munmap(map, (size_t)file.st_size);
    return false;
}

static uint64_t word(uint64_t lap, pid_t tid, unsigned part, unsigned tag) {
    return (lap & 0xffffffffu) << 32 | (uint64_t)(uint32_t)tid << 10 | part << 2 | tag;
}

/* A slot for one part of a record, and the word that will make it ready; NULL when full. */
static struct slot *claim(pid_t tid, unsigned part, uint64_t *ready) {
    for (int turn = 0; turn < TURNS_MOST; turn++) {
        uint64_t at = atomic_load(&channel->head), lap = at >> lap_shift;
        struct slot *slot = &slots[at & mask];
        /* Not looked at first: for a page that is not mapped yet, a write maps it alone and costs
         * less than half of a read, for which the kernel maps its sixteen neighbours too. */
        uint64_t state = word(lap, 0, 0, FREE);
        bool mine = atomic_compare_exchange_strong(&slot->state, &state, word(lap, tid, part, BUSY));
        if (!mine && (uint32_t)(state >> 32) == (uint32_t)(lap - 1) &&
            atomic_load(&channel->head) == at)
            return NULL; /* still unread from the lap before */
        /* Claimed, by us or by one that has not moved the head on yet: then it is moved for it. */
        uint64_t expected = at;
        atomic_compare_exchange_strong(&channel->head, &expected, at + 1);
        if (mine) {
            *ready = word(lap, tid, part, READY);
            return slot;
        }
    }
    return NULL;
}

static void wake(void) {
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&channel->sleeping) == 0 || atomic_exchange(&channel->sleeping, 0) == 0)
        return;
    kernel(SYS_futex, (long)&channel->sleeping, FUTEX_WAKE, 1, 0);
}

/* Writes one record's bytes over its slots. */
struct pen {
    struct slot *slots[PARTS_MOST];
    uint64_t ready[PARTS_MOST];
    size_t at, room;
};

static bool write_bytes(struct pen *pen, const char *bytes, size_t count) {
    while (count > 0 && pen->at < pen->room) {
        size_t from = pen->at % DATA_BYTES, take = DATA_BYTES - from, left = pen->room - pen->at;
        take = take < left ? take : left;
        take = take < count ? take : count;
        memcpy(pen->slots[pen->at / DATA_BYTES]->data + from, bytes, take);
        pen->at += take, bytes += take, count -= take;
    }
    return count == 0;
}

static size_t argv_bytes(char *const *argv) {
    size_t sum = 0;
    for (; argv != NULL && *argv != NULL && sum <= ARGV_MOST; argv++)
        sum += strlen(*argv) + 1;
    return sum < ARGV_MOST ? sum : ARGV_MOST;
}

static unsigned write_argv(struct pen *pen, char *const *argv) {
    if (pen->room > pen->at + ARGV_MOST)
        pen->room = pen->at + ARGV_MOST;
    for (; *argv != NULL; argv++)
        if (!write_bytes(pen, *argv, strlen(*argv) + 1))
            return FLAG_ARGV | FLAG_ARGV_CUT;
    return FLAG_ARGV;
}

static unsigned write_data(struct pen *pen, const struct note *note, uint16_t *exe_bytes) {
    unsigned flags = note->flags;
    if (note->exe != NULL) {
        bool whole = write_bytes(pen, note->exe, note->exe_bytes);
        flags |= FLAG_EXE | (whole && !note->exe_cut ? 0 : FLAG_EXE_CUT);
        *exe_bytes = (uint16_t)pen->at;
    }
    if (note->argv != NULL)
        flags |= write_argv(pen, note->argv);
    return flags;
}

static void commit(struct pen *pen, unsigned parts, pid_t tid, const struct note *note) {
    uint16_t exe_bytes = 0;
    pen->room = (size_t)parts * DATA_BYTES;
    unsigned flags = write_data(pen, note, &exe_bytes);
    /* The first part last: when it can be read, all of them can. */
    for (unsigned part = parts; part-- > 0;) {
        struct slot *slot = pen->slots[part];
        size_t before = (size_t)part * DATA_BYTES;
        size_t used = pen->at > before ? pen->at - before : 0;
        slot->happened = note->happened;
        slot->pid = (uint32_t)note->pid, slot->tid = (uint32_t)tid;
        slot->ppid = (uint32_t)note->ppid, slot->status = note->status;
        slot->kind = (uint8_t)note->kind, slot->flags = (uint8_t)flags;
        slot->part = (uint8_t)part, slot->parts = (uint8_t)parts;
        slot->exe_bytes = exe_bytes;
        slot->used = (uint16_t)(used < DATA_BYTES ? used : DATA_BYTES);
        atomic_store_explicit(&slot->state, pen->ready[part], memory_order_release);
    }
}

void rollcall_put(const struct note *note) {
    if (channel == NULL || atomic_load_explicit(&channel->closed, memory_order_relaxed))
        return;
    struct pen pen;
    pen.at = 0;
    pid_t tid = (pid_t)kernel0(SYS_gettid);
    size_t bytes = (note->exe != NULL ? note->exe_bytes : 0) + argv_bytes(note->argv);
    unsigned wanted = bytes == 0 ? 1 : (unsigned)((bytes + DATA_BYTES - 1) / DATA_BYTES);
    unsigned parts = 0;
    while (parts < wanted && (pen.slots[parts] = claim(tid, parts, &pen.ready[parts])) != NULL)
        parts++;
    if (parts == 0)
        atomic_fetch_add(&channel->dropped, 1);
    else
        commit(&pen, parts, tid, note);
    wake();
}
