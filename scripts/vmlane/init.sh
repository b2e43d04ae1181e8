#!/lane/bin/sh
# Why: the first process of a guest: mounts what the harness needs, runs the command, and writes /out to the
# result disk. Busybox's applets are last in the search path, so that a program in the image is found before an
# applet of the same name.
export PATH=/usr/local/bin:/usr/bin:/usr/sbin:/lane/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc
mount -t sysfs sysfs /sys
grep -q ' /dev ' /proc/mounts || mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
# What udev makes elsewhere: some kernels look up the name of an executed descriptor, /dev/fd/N.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
for dir in /dev/shm /run /tmp; do mount -t tmpfs -o mode=1777 tmpfs $dir; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
ip link set lo up
hostname rollcall
ulimit -c 0
# Third-party modules: without its module, a tool itself says that it cannot run.
for module in /lane/modules/*.ko; do
    [ ! -e "$module" ] || insmod "$module" || echo "rollcall-lane: $module cannot be loaded"
done

# The host looks for these; begin and end must be alone on their line.
echo; echo "rollcall-lane: begin"
. /lane/environment
cd /out
# Through a pipe, so that tables and progress bars are not fitted to the console.
{ sh /lane/command </dev/null 2>&1; echo $? >/lane/code; } | cat
code=$(cat /lane/code)
echo; echo "rollcall-lane: end $code"

# The disk with the serial number of the result disk; the numbering of NVMe disks is not fixed.
for disk in /sys/block/nvme*; do
    if grep -qs rollcall-out $disk/device/serial; then out=/dev/${disk##*/} size=$(cat $disk/size); fi
done
if [ -n "$out" ]; then
    (find . | cpio -o -H newc) >/lane/result 2>/lane/packing || cat /lane/packing
    length=$(stat -c %s /lane/result)
    sum=$(sha256sum </lane/result)
    if [ $((length + 4096)) -gt $((size * 512)) ]; then
        echo "rollcall-lane: too large $length"
    elif dd if=/lane/result of=$out bs=4096 seek=1 conv=fsync 2>/lane/packing; then
        # The header last: it marks the result as complete.
        echo "rollcall-result $code $length ${sum%% *}" | dd of=$out bs=4096 conv=fsync,sync 2>/dev/null
    else
        cat /lane/packing
    fi
fi
poweroff -f
