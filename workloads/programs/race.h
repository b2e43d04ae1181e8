/* race.h: what received.c and the drivers that run it agree on. */
#ifndef RACE_H
#define RACE_H

#include <limits.h>
#include <linux/prctl.h>

#include "ledger.h"
#include "syscalls.h"

/* A pipe to the driver. High, as the ledger's is. */
#define RECEIVED_FD 201
/* /dev/userfaultfd, which only root may open; the runner has, where it could. */
#define FAULTS_FD 202

/* What a program does to itself as soon as it runs: its second argument. */
#define OVERWRITE "now-overwrite"
#define BEYOND "now-overwrite-beyond"
#define RENAME_COMM "now-rename"
#define MOVE "now-move"

#endif
