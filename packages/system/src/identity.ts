/** What tells one process from every other, also after its pid was reused or the host was rebooted. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: start time after boot, in clock ticks. */
  readonly startTimeTicks: number;
  /** /proc/sys/kernel/random/boot_id */
  readonly bootId: string;
}
