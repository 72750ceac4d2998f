import type { ProcessIdentity } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { RecordWriter } from './record-table.ts';
import type { VmRecord, VmState, VmTable } from './types.ts';

interface VmRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly state_reason: string | null;
  readonly image_id: string;
  readonly image_name: string;
  readonly vcpus: number;
  readonly memory_mib: number;
  readonly disk_bytes: number;
  readonly work_disk_bytes: number;
  readonly guest_ip: string;
  readonly mac: string;
  readonly tap: string;
  readonly vmm: string;
  readonly disk_backend: string;
  readonly host_public_key: string;
  readonly process: string | null;
  readonly boot_operation: string | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly stopped_at: string | null;
}

/** VMs. What was listed is kept and follows each write, because lists are asked for far more often than rows change. */
export class SqliteVmTable implements VmTable {
  readonly #connection: Connection;
  readonly #writer: RecordWriter<VmRecord>;
  #known: Map<string, VmRecord> | undefined;
  #list: readonly VmRecord[] | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#writer = new RecordWriter<VmRecord>(connection, 'vms', {
      id: { column: 'id' },
      name: { column: 'name' },
      state: { column: 'state' },
      stateReason: { column: 'state_reason' },
      imageId: { column: 'image_id' },
      imageName: { column: 'image_name' },
      vcpus: { column: 'vcpus' },
      memoryMib: { column: 'memory_mib' },
      diskBytes: { column: 'disk_bytes' },
      workDiskBytes: { column: 'work_disk_bytes' },
      guestIp: { column: 'guest_ip' },
      mac: { column: 'mac' },
      tap: { column: 'tap' },
      vmm: { column: 'vmm' },
      diskBackend: { column: 'disk_backend' },
      hostPublicKey: { column: 'host_public_key' },
      process: { column: 'process', encode: (value) => (value === null ? null : JSON.stringify(value)) },
      bootOperation: { column: 'boot_operation' },
      createdAt: { column: 'created_at' },
      startedAt: { column: 'started_at' },
      stoppedAt: { column: 'stopped_at' },
    });
    connection.onRollback(() => {
      this.#known = undefined;
      this.#list = undefined;
    });
  }

  insert(vm: VmRecord): void {
    this.#assertNameFree(vm.id, vm.name);
    this.#writer.insert(vm);
    this.#follow(vm.id);
  }

  update(id: string, change: Partial<Omit<VmRecord, 'id'>>): void {
    if (change.name !== undefined) this.#assertNameFree(id, change.name);
    this.#writer.update({ id }, change);
    this.#follow(id);
  }

  delete(id: string): void {
    this.#connection.prepare('DELETE FROM vms WHERE id = ?').run(id);
    this.#follow(id);
  }

  get(id: string): VmRecord | undefined {
    const row = this.#connection.prepare<VmRow>('SELECT * FROM vms WHERE id = ?').get(id);
    return row === undefined ? undefined : toVm(row);
  }

  list(): readonly VmRecord[] {
    this.#known ??= this.#load();
    this.#list ??= [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#list;
  }

  match(ref: string): readonly VmRecord[] {
    if (ref === '') return [];
    const exact = this.#connection.prepare<VmRow>('SELECT * FROM vms WHERE name = ? OR id = ? ORDER BY name');
    const rows = exact.all(ref, ref);
    if (rows.length > 0) return rows.map(toVm);
    const length = Array.from(ref).length; // SQLite counts code points
    // substr() compares character by character: unlike LIKE it has no wildcards to escape and heeds the case.
    const prefix = this.#connection.prepare<VmRow>(
      'SELECT * FROM vms WHERE substr(name, 1, ?) = ? OR substr(id, 1, ?) = ? ORDER BY name',
    );
    return prefix.all(length, ref, length, ref).map(toVm);
  }

  usedAddresses(): ReadonlySet<string> {
    const rows = this.#connection.prepare<Pick<VmRow, 'guest_ip'>>('SELECT guest_ip FROM vms').all();
    return new Set(rows.map((row) => row.guest_ip));
  }

  countByImage(imageId: string): number {
    const statement = this.#connection.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM vms WHERE image_id = ?',
    );
    return statement.get(imageId)?.count ?? 0;
  }

  #assertNameFree(id: string, name: string): void {
    const holder = this.#connection.prepare<Pick<VmRow, 'id'>>('SELECT id FROM vms WHERE name = ?').get(name);
    if (holder === undefined || holder.id === id) return;
    throw new BangerError('vm_name_taken', `the name "${name}" is used by VM ${holder.id}`, {
      remediation: `Choose another name, or delete that VM: banger vm delete ${name}`,
      details: { name, vm: holder.id },
    });
  }

  #load(): Map<string, VmRecord> {
    const rows = this.#connection.prepare<VmRow>('SELECT * FROM vms').all();
    return new Map(rows.map((row) => [row.id, toVm(row)]));
  }

  /** After a write: what is known of this row is what is in the database now. */
  #follow(id: string): void {
    if (this.#known === undefined) return;
    const vm = this.get(id);
    if (vm === undefined) this.#known.delete(id);
    else this.#known.set(id, vm);
    this.#list = undefined;
  }
}

function toVm(row: VmRow): VmRecord {
  return {
    id: row.id,
    name: row.name,
    state: row.state as VmState, // a CHECK of the table holds it to the list
    stateReason: row.state_reason,
    imageId: row.image_id,
    imageName: row.image_name,
    vcpus: row.vcpus,
    memoryMib: row.memory_mib,
    diskBytes: row.disk_bytes,
    workDiskBytes: row.work_disk_bytes,
    guestIp: row.guest_ip,
    mac: row.mac,
    tap: row.tap,
    vmm: row.vmm,
    diskBackend: row.disk_backend,
    hostPublicKey: row.host_public_key,
    process: row.process === null ? null : (JSON.parse(row.process) as ProcessIdentity),
    bootOperation: row.boot_operation,
    createdAt: row.created_at,
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
  };
}
