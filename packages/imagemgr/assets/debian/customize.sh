#!/bin/sh
# mmdebstrap's customize hook, run as root on the host: makes a plain Debian tree into the root of a microVM.
# Beside the tree it leaves what does not belong into it: TREE.kernel (vmlinuz, modules) and TREE.home (skeleton of /root).
set -eu
tree=$1

# The kernel comes from the host at each boot. Its package would only bring an initramfs generator, and updates that
# never boot; so its files are unpacked without being installed: modprobe works, apt leaves them alone.
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
cd "$tree/var/cache/apt/archives"
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
[ -n "$kernel" ] || { echo "E: linux-image-cloud-amd64 depends on no kernel" >&2; exit 1; }
apt-get --yes -o APT::Sandbox::User=root download "$kernel"
dpkg-deb --fsys-tarfile "$kernel"_*.deb | tar -x -C "$tree" --keep-directory-symlink ./boot ./lib/modules 2>/dev/null ||
  dpkg-deb --fsys-tarfile "$kernel"_*.deb | tar -x -C "$tree" --keep-directory-symlink ./boot ./usr/lib/modules
rm -- "$kernel"_*.deb
cd "$tree"
version=${kernel#linux-image-}
chroot "$tree" depmod "$version"
mkdir "$tree.kernel"
mv "boot/vmlinuz-$version" "$tree.kernel/vmlinuz"
rm -f boot/System.map-*

# Identity: each VM gets its own at its first boot.
: >etc/machine-id
rm -f etc/resolv.conf etc/ssh/ssh_host_*_key etc/ssh/ssh_host_*_key.pub var/lib/dbus/machine-id
echo debian >etc/hostname
printf '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\nff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n' >etc/hosts

# Options of this build are none of the image's.
rm -f etc/apt/apt.conf.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/99mmdebstrap

mask() { for unit in "$@"; do ln -sf /dev/null "etc/systemd/system/$unit"; done; }
# Our init runs sshd, from before systemd; there is no console to log in on.
mask ssh.service ssh.socket sshd.service sshd-unix-local.socket sshd-vsock.socket
mask getty@.service serial-getty@.service console-getty.service getty.target
# No timer may hold dpkg's lock or read the disk in a machine that lives for minutes.
mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
# /tmp belongs on the disk: memory is what these machines have least of.
mask tmp.mount
# The init has mounted and grown the file systems and set the host up.
mask systemd-firstboot.service systemd-remount-fs.service systemd-growfs-root.service
ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target

mkdir -p etc/systemd/system.conf.d
printf '[Manager]\nDefaultTimeoutStopSec=10s\n' >etc/systemd/system.conf.d/banger.conf

mv root "$tree.home"
mkdir -m 0700 root
