#!/bin/sh
# PID 1 of the initramfs. Contract: docs in this package's README, "What the guest's init does".
# Only shell built-ins and busybox applets: a process costs milliseconds where the CPU is emulated.
PATH=/bin
new=/newroot
run=/run/banger

# One line on the console (also with `quiet`), then the end of the machine: the daemon shows that line.
fail() {
  line="banger-init: $*"
  [ -c /dev/ttyS0 ] && echo "$line" >/dev/ttyS0
  echo "<3>$line" >/dev/kmsg
  sync
  reboot -f
  while :; do sleep 3600; done
}

grow() { # device mountpoint: fills the device with its ext4 file system
  IFS= read -r sectors <"/sys/class/block/${1##*/}/size"
  # From the superblock: s_blocks_count_lo and s_log_block_size.
  set -- "$1" "$2" $(hexdump -v -s 1028 -n 24 -e '6/4 "%u "' "$1")
  [ "$#" -eq 8 ] || return 0
  [ $((sectors / (2 << $8))) -gt "$3" ] || return 0
  for tool in /sbin/resize2fs /usr/sbin/resize2fs; do
    [ -x "$new$tool" ] || continue
    # It looks up in /proc where the device is mounted.
    mkdir -p $new/proc $new/dev
    mount --bind /proc $new/proc
    mount --bind /dev $new/dev
    chroot $new "$tool" "$1" >$run/resize.log 2>&1 || echo "<4>banger-init: cannot grow $1: see $run/resize.log" >/dev/kmsg
    umount $new/dev $new/proc
    return 0
  done
  echo "<4>banger-init: cannot grow $1: the image has no resize2fs" >/dev/kmsg
}

mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o nosuid,noexec,gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run
mkdir -p $run /run/sshd

read -r arguments </proc/cmdline
for argument in $arguments; do
  case $argument in
    banger.root=*) root=${argument#*=} ;;
    banger.seed=*) seed=${argument#*=} ;;
    banger.work=*) work=${argument#*=} ;;
  esac
done
[ -n "$root" ] && [ -n "$seed" ] || fail "kernel arguments banger.root and banger.seed are missing"

while read -r module; do
  insmod "/modules/$module" || fail "cannot load the kernel module $module"
done </modules/order

tries=0
for device in "$root" "$seed" $work; do
  until [ -b "$device" ]; do
    tries=$((tries + 1))
    [ $tries -le 500 ] || fail "the drive $device did not appear"
    usleep 10000
  done
done

tar -xf "$seed" -C $run || fail "the seed on $seed is not a tar archive"
format=
while IFS='=' read -r key value; do
  case $key in
    format) format=$value ;;
    hostname) hostname=$value ;;
    address) address=$value ;;
    gateway) gateway=$value ;;
    resolver) resolver=$value ;;
    mtu) mtu=$value ;;
    machine_id) machine_id=$value ;;
  esac
done <$run/seed.conf
[ "$format" = 1 ] || fail "the seed on $seed has format '$format', this init reads format 1"

# noinit_itable: the disk behind it starts as zeros, nothing needs to be written a second time.
mount -t ext4 -o rw,noinit_itable "$root" $new || fail "cannot mount the root file system $root"
grow "$root" /
if [ -n "$work" ]; then
  mkdir -p $new/root
  mount -t ext4 -o rw,noinit_itable "$work" $new/root || fail "cannot mount the work disk $work"
  grow "$work" /root
fi

hostname "$hostname"
old=; [ -f $new/etc/hostname ] && read -r old <$new/etc/hostname
[ "$old" = "$hostname" ] || echo "$hostname" >$new/etc/hostname
entry="${address%/*} $hostname"
case $(cat $new/etc/hosts 2>/dev/null) in
  *"$entry # banger"*) ;;
  *)
    {
      grep -v '# banger$' $new/etc/hosts 2>/dev/null || echo '127.0.0.1 localhost'
      echo "$entry # banger"
    } >$run/hosts
    cat $run/hosts >$new/etc/hosts
    ;;
esac
[ -L $new/etc/resolv.conf ] && rm -f $new/etc/resolv.conf
echo "nameserver $resolver" >$new/etc/resolv.conf
id=; [ -s $new/etc/machine-id ] && read -r id <$new/etc/machine-id
case $id in
  '' | uninitialized)
    [ -n "$machine_id" ] || IFS=- read -r a b c d e </proc/sys/kernel/random/uuid
    echo "${machine_id:-$a$b$c$d$e}" >$new/etc/machine-id
    ;;
esac

ip link set lo up
for link in /sys/class/net/*; do
  link=${link##*/}
  [ "$link" = lo ] && continue
  ip link set "$link" up mtu "${mtu:-1500}" && ip addr add "$address" dev "$link" &&
    ip route add default via "$gateway" dev "$link" || fail "cannot configure the network device $link"
  break
done

cp /bin/busybox $run/busybox
cp /guest/* $run/
for name in dev proc sys run; do
  mkdir -p $new/$name
  mount --move /$name $new/$name
done
# It must be a child of PID 1 that survives the switch: its root is the new root from the start.
chroot $new $run/busybox sh $run/supervise &

for init in /sbin/init /lib/systemd/systemd /usr/lib/systemd/systemd; do
  [ -x "$new$init" ] || [ -L "$new$init" ] && exec switch_root $new "$init"
done
exec switch_root $new $run/busybox sh $run/small-init
