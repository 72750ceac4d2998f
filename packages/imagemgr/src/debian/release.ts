/** What an image is made from, unless the caller chooses. */
export const defaultMirror = 'http://deb.debian.org/debian';

/**
 * What one finds on a machine that one gets: systemd with journald and D-Bus, a network, git and curl over TLS,
 * editors, sudo. Small enough to be made while one waits; the rest is one `apt install` away.
 */
export const defaultPackages: readonly string[] = [
  ...['systemd', 'systemd-sysv', 'dbus', 'udev', 'kmod', 'e2fsprogs'],
  ...['openssh-server', 'openssh-sftp-server', 'iproute2', 'iputils-ping', 'netbase', 'ca-certificates'],
  ...['curl', 'git', 'less', 'nano', 'vim-tiny', 'procps', 'sudo'],
];

/** Lines of the image's sources.list: the release, its updates, and security updates from beside the mirror. */
export function sourceLines(suite: string, mirror: string): readonly string[] {
  const base = mirror.replace(/\/+$/, '');
  return [
    `deb ${base} ${suite} main`,
    `deb ${base} ${suite}-updates main`,
    `deb ${securityMirror(base)} ${suite}-security main`,
  ];
}

/** Mirrors carry security updates beside the release, `/debian` and `/debian-security`; else Debian's own is asked. */
function securityMirror(mirror: string): string {
  return mirror.endsWith('/debian') ? `${mirror}-security` : 'http://deb.debian.org/debian-security';
}
