/* A path of 4,095 bytes, the longest that can be passed. */
#include "case.h"

static void play(void)
{
    struct command target = installed("target-dynamic");
    static char path[PATH_MAX];
    size_t length = strlen(strcpy(path, folder()));
    require(length < 3000, "the folder of the programs has too long a name already");
    while (sizeof path - 1 - length > 400) {
        path[length] = '/';
        memset(path + length + 1, 'd', 200);
        length += 201;
        require(mkdir(path, 0755) == 0, path);
    }
    path[length++] = '/';
    while (sizeof path - 1 - length > 200)
        path[length++] = 'e';
    require(mkdir(path, 0755) == 0, path);
    path[length++] = '/';
    memset(path + length, 'f', sizeof path - 1 - length);
    copy_program(target.exe, path);
    target.exe = path;
    play_target(&target);
}
