/** What a kernel of a hundred bytes can do. */
export type TinyKernelBehaviour =
  /** Sleeps for ever. */
  | 'idle'
  /** Powers off by ACPI. */
  | 'poweroff'
  /** Powers off when the power button is pressed. */
  | 'obey'
  /** Resets the machine by a triple fault. */
  | 'reset'
  /** Writes `x` to the serial port for ever. */
  | 'babble';

const LOAD_ADDRESS = 0x10_0000;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const NOTE_OFFSET = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
const NOTE_BYTES = 24;
const CODE_OFFSET = NOTE_OFFSET + NOTE_BYTES;
const ENTRY = LOAD_ADDRESS + CODE_OFFSET;

/** cli; hlt; jmp hlt */
const SLEEP = [0xfa, 0xf4, 0xeb, 0xfd];

// mov eax, sleep control register of microvm's ACPI device; mov byte [eax], S5 | enable
const POWER_OFF = [0xb8, 0x00, 0x02, 0xa0, 0xfe, 0xc6, 0x00, 0x34, ...SLEEP];

/** 32-bit code, run without paging. */
const code: Readonly<Record<TinyKernelBehaviour, readonly number[]>> = {
  idle: SLEEP,
  poweroff: POWER_OFF,
  // mov eax, [event selector of that device]; test eax, eax; jz back
  obey: [0xa1, 0x00, 0x00, 0xa0, 0xfe, 0x85, 0xc0, 0x74, 0xf7, ...POWER_OFF],
  // lidt [an empty table: the zeros after the code]; int3
  reset: [0x0f, 0x01, 0x1d, ...littleEndian(ENTRY + 32, 4), 0xcc, ...SLEEP],
  // mov dx, 0x3f8; mov al, 'x'; out dx, al; jmp out
  babble: [0x66, 0xba, 0xf8, 0x03, 0xb0, 0x78, 0xee, 0xeb, 0xfd],
};

/** An ELF kernel with a PVH entry, see Xen's docs/misc/pvh: QEMU runs it in a tenth of a second, also under TCG. */
export function tinyKernel(behaviour: TinyKernelBehaviour): Buffer {
  const body = [...code[behaviour], ...Array.from({ length: 64 }, () => 0)];
  const fileBytes = CODE_OFFSET + body.length;
  return Buffer.from([
    ...[0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ...littleEndian(2, 2), // an executable
    ...littleEndian(62, 2), // for x86-64
    ...littleEndian(1, 4),
    ...littleEndian(ENTRY, 8),
    ...littleEndian(ELF_HEADER_BYTES, 8),
    ...littleEndian(0, 8),
    ...littleEndian(0, 4),
    ...[ELF_HEADER_BYTES, PROGRAM_HEADER_BYTES, 2, 0, 0, 0].flatMap((value) => littleEndian(value, 2)),
    ...programHeader({ type: 1, flags: 7, offset: 0, bytes: fileBytes, align: 4096 }),
    ...programHeader({ type: 4, flags: 4, offset: NOTE_OFFSET, bytes: NOTE_BYTES, align: 4 }),
    ...[4, 8, 18].flatMap((value) => littleEndian(value, 4)), // XEN_ELFNOTE_PHYS32_ENTRY
    ...Buffer.from('Xen\0'),
    ...littleEndian(ENTRY, 8),
    ...body,
  ]);
}

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly bytes: number;
  readonly align: number;
}

function programHeader({ type, flags, offset, bytes, align }: Segment): readonly number[] {
  const address = littleEndian(LOAD_ADDRESS + offset, 8);
  return [
    ...littleEndian(type, 4),
    ...littleEndian(flags, 4),
    ...littleEndian(offset, 8),
    ...address,
    ...address,
    ...littleEndian(bytes, 8),
    ...littleEndian(bytes, 8),
    ...littleEndian(align, 8),
  ];
}

function littleEndian(value: number, bytes: number): readonly number[] {
  return Array.from({ length: bytes }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn));
}
