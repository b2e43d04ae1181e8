/* An argument in a page of a file that this process does not have in memory when it calls execve. */
#include "case_race.h"

static char *word;

static void drop(void)
{
    require(madvise(word, 4096, MADV_DONTNEED) == 0, "madvise");
}

static void prepare(void)
{
    int file = open(in_folder("page"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    require(file >= 0 && write(file, RUN, sizeof RUN) == sizeof RUN, "page");
    word = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
    require(word != MAP_FAILED, "mmap");
    race_with(word, NULL);
    race.at_entry = drop;
}

static void act(void) { run_race(prepare); }

static void play(void)
{
    folder();
    play_race(act, 1, 2, RUN);
}
