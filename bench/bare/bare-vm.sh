#!/bin/bash
# By hand what `banger vm run --rm IMAGE -- COMMAND` does: the baseline of the benchmark, see bare-host.ts.
# Arguments: the command for the guest, then QEMU's command line. Settings come in the environment.
set -euo pipefail
command=$1
shift
cd "$DIRECTORY"
qemu=

clean_up() {
  trap '' INT TERM
  if [ -n "$qemu" ]; then
    kill -KILL "$qemu" || true
    wait "$qemu" 2>vmm-end.log || true
  fi
  ip link delete "$TAP" 2>tap-end.log || true
  rm -rf -- *.qcow2 *.raw seed seed.tar host_key host_key.pub known_hosts ./*.log vmm.pid qmp.sock
}
trap clean_up EXIT

stage() { echo "$1 $EPOCHREALTIME" >>stages; }

clone() { # origin, name, bytes
  case $DISK in
    qcow2) qemu-img create -q -f qcow2 -F raw -b "$1" "$2.qcow2" "$3" ;;
    reflink) cp --reflink=always "$1" "$2.raw" && truncate --size="$3" "$2.raw" ;;
    *) cp --sparse=always "$1" "$2.raw" && truncate --size="$3" "$2.raw" ;;
  esac
}

# sshd answers a moment before or after the network does: short attempts find it without waiting for a lost packet.
port_is_open() { timeout 0.25 bash -c ": </dev/tcp/$ADDRESS/22" 2>>probe.log; }

in_guest() {
  ssh -F none -i "$CLIENT_KEY" -o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=yes -o BatchMode=yes \
    -o ConnectTimeout=5 -o LogLevel=ERROR "root@$ADDRESS" "$@" 2>>ssh.log
}

: >stages
stage begin

clone "$ROOT_IMAGE" root "$ROOT_BYTES"
clone "$WORK_IMAGE" work "$WORK_BYTES"
mkdir -p seed/ssh
chmod 700 seed/ssh
ssh-keygen -q -t ed25519 -N '' -C '' -f host_key
printf 'format=1\nhostname=bare\naddress=%s/24\ngateway=%s\nresolver=%s\nmtu=%s\nmachine_id=%s\n' \
  "$ADDRESS" "$GATEWAY" "$GATEWAY" "$MTU" "$MACHINE_ID" >seed/seed.conf
cp host_key host_key.pub seed/ssh/
cp "$CLIENT_KEY.pub" seed/ssh/authorized_keys
chmod 600 seed/ssh/host_key seed/ssh/authorized_keys
tar --owner=0 --group=0 -C seed -cf seed.tar seed.conf ssh
echo "$ADDRESS $(cat host_key.pub)" >known_hosts
stage disks

ip tuntap add dev "$TAP" mode tap
ip link set dev "$TAP" mtu "$MTU" master "$BRIDGE" up
stage network

"$@" </dev/null >vmm.log 2>&1 &
qemu=$!
stage boot

until port_is_open; do
  kill -0 "$qemu"
  sleep 0.04
done
stage port
until in_guest "$command"; do
  kill -0 "$qemu"
  sleep 0.04
done
stage guest
