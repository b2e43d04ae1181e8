// What the tests of the `ebpf` monitor have happen. Usage: actor WHAT. Prints the ids that matter.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static pthread_barrier_t together;

static void *report_and_meet(void *unused)
{
	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	pthread_barrier_wait(&together);
	return unused;
}

// Ends this thread alone, and lets all threads do so at once.
static void *vanish(void *status)
{
	pthread_barrier_wait(&together);
	syscall(SYS_exit, (long)status);
	return NULL;
}

// Waits until the leader is a zombie, so that this thread is certain to be the last.
static void *outlive(void *status)
{
	char path[64], line[256] = "", *state;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", getpid());
	do {
		FILE *file = fopen(path, "r");
		if (!file || !fgets(line, sizeof line, file))
			abort();
		fclose(file);
		state = strrchr(line, ')');
	} while (!state || state[2] != 'Z');
	syscall(SYS_exit, (long)status);
	return NULL;
}

static void *exec_elsewhere(void *what)
{
	char *argv[] = { "actor", what, "from a thread", NULL };

	printf("%ld\n", syscall(SYS_gettid));
	fflush(stdout);
	execv("/proc/self/exe", argv);
	abort();
	return NULL;
}

static void start(void *(*body)(void *), long argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, (void *)argument))
		abort();
}

static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	printf("%d\n", pid);
}

static void run_from_memory(void)
{
	char *argv[] = { "actor", "wait", NULL };
	int self = open("/proc/self/exe", O_RDONLY), memory = memfd_create("x", MFD_CLOEXEC);
	char buffer[1 << 16];
	ssize_t length;

	while ((length = read(self, buffer, sizeof buffer)) > 0)
		if (write(memory, buffer, length) != length)
			abort();
	fexecve(memory, argv, environ);
	perror("fexecve");
	abort();
}

// A closed loop: `count` children one after the other, which run `program` where there is one.
static void loop(long count, char *program)
{
	char *argv[] = { program, NULL }, *none[] = { NULL };
	int status;

	for (; count > 0; count--) {
		pid_t pid = program ? vfork() : fork();

		if (pid == 0) {
			if (program)
				execve(program, argv, none);
			_exit(!!program);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			abort();
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "nop";
	pid_t pid;

	if (!strcmp(what, "wait")) { // until told
		puts("begun");
		fflush(stdout);
		getchar();
	} else if (!strcmp(what, "vfork")) {
		if (!(pid = vfork()))
			_exit(3);
		reap(pid);
	} else if (!strcmp(what, "spawn")) {
		char *args[] = { "actor", "nop", NULL };
		if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ))
			abort();
		reap(pid);
	} else if (!strcmp(what, "threads")) {
		pthread_barrier_init(&together, NULL, 4);
		for (int i = 0; i < 3; i++)
			start(report_and_meet, 0);
		pthread_barrier_wait(&together);
	} else if (!strcmp(what, "at-once")) {
		pthread_barrier_init(&together, NULL, 8);
		for (int i = 0; i < 7; i++)
			start(vanish, 5);
		vanish((void *)5L);
	} else if (!strcmp(what, "leader-first")) {
		start(outlive, 9);
		syscall(SYS_exit, 4);
	} else if (!strcmp(what, "exec-from-thread")) {
		start(exec_elsewhere, (long)"nop");
		for (;;)
			pause();
	} else if (!strcmp(what, "exec-waiting-from-thread")) {
		start(exec_elsewhere, (long)"wait");
		for (;;)
			pause();
	} else if (!strcmp(what, "no-argv")) {
		char *none[] = { NULL };
		execv("/proc/self/exe", none);
		abort();
	} else if (!strcmp(what, "loop")) {
		loop(atol(argv[2]), argv[3]);
	} else if (!strcmp(what, "memfd")) {
		run_from_memory();
	}
	return 0;
}
