import { BangerError } from '../errors.ts';
import type { Store, VmRecord } from '../store/types.ts';

/** @throws BangerError vm_not_found when the VM went away between two calls. */
export function requireVm(store: Store, vmId: string): VmRecord {
  const vm = store.vms.get(vmId);
  if (!vm) throw notFound(vmId);
  return vm;
}

/**
 * The VM of a name, an id, or a unique prefix of either.
 * @throws BangerError vm_not_found, vm_ambiguous
 */
export function resolveVm(store: Store, ref: string): VmRecord {
  const found = store.vms.match(ref);
  const [vm, another] = found;
  if (!vm) throw notFound(ref);
  if (!another) return vm;
  const names = found.slice(0, 5).map(({ name }) => name);
  throw new BangerError(
    'vm_ambiguous',
    `${ref} fits ${found.length} VMs: ${names.join(', ')}${found.length > 5 ? ', ...' : ''}`,
    {
      remediation: 'Use the whole name, or more of the id.',
      details: { names },
    },
  );
}

function notFound(ref: string): BangerError {
  return new BangerError('vm_not_found', `no VM is called ${ref}`, {
    remediation: 'See `banger vm list`.',
    details: { vm: ref },
  });
}
