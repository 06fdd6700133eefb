/** `/etc/xensource/usb-policy.conf`: which USB devices XAPI may give to a VM, as usb_scan.py of xen-api reads it. */
export type UsbPolicy = {
  /** In the order of the file. */
  readonly rules: readonly UsbRule[];
  /** The first line that ends the program: XAPI then offers no USB device at all. `null`: it reads the file. */
  readonly fault: PolicyLine | null;
  /** Number of the first empty line, which ends the program before version 25.29 of XAPI; `null`: there is none. */
  readonly emptyLine: number | null;
};

/** `number` counts from 1. */
export type PolicyLine = {readonly number: number; readonly text: string};

export type UsbRule = PolicyLine & {
  readonly isAllowed: boolean;
  /** What has to be equal, in small letters; of a rule without any, nothing: it is true of every device. */
  readonly wanted: Readonly<Partial<Record<PolicyKey, string>>>;
};

const digitsOf = {class: 2, subclass: 2, prot: 2, vid: 4, pid: 4, rel: 4} as const;
type PolicyKey = keyof typeof digitsOf;

/** What a rule is compared with. `release` is bcdDevice. */
export type PolicyDevice = {
  /** `046d:c31c` */
  readonly id: string;
  readonly release: string | null;
  /** Of each interface, two hexadecimal digits a member. */
  readonly classes: readonly InterfaceClass[];
};

type InterfaceClass = {readonly class: string; readonly subclass: string; readonly protocol: string};

export type PolicyVerdict = {
  readonly isAllowed: boolean;
  /** The first rule that denies one of its interfaces; `null`: none does, or no rule is true of one of them. */
  readonly denial: UsbRule | null;
};

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split(/(?<=\n|\r(?!\n))/));

export const parseUsbPolicy = (text: string): UsbPolicy => {
  const lines = linesOf(text).map((line, index) => ({number: index + 1, text: line.replace(/[\r\n]+$/, '')}));
  const read = lines.map((line) => ({line, found: readLine(line)}));
  return {
    rules: read.flatMap(({found}) => (typeof found === 'string' ? [] : [found])),
    fault: read.find(({found}) => found === 'fault')?.line ?? null,
    emptyLine: read.find(({found}) => found === 'empty')?.line.number ?? null,
  };
};

/** Only a comment at the very beginning of a line is one: behind blanks it leaves a line without a colon. */
const readLine = (line: PolicyLine): UsbRule | 'comment' | 'empty' | 'fault' => {
  if (line.text.trim() === '') return 'empty';
  if (line.text.startsWith('#')) return 'comment';
  const parts = (line.text.split('#', 1)[0] ?? '').split(':').map((part) => part.trim());
  const [action = '', pairs = ''] = parts;
  if (parts.length !== 2 || !/^(?:allow|deny)$/i.test(action)) return 'fault';
  const wanted: Partial<Record<PolicyKey, string>> = {};
  let rest = pairs;
  while (rest !== '') {
    const [all, name, digits] = /^\s*(class|subclass|prot|vid|pid|rel)\s*=\s*([0-9a-f]+)/i.exec(rest) ?? [];
    const key = name?.toLowerCase() as PolicyKey | undefined;
    if (all === undefined || key === undefined || digits?.length !== digitsOf[key] || key in wanted) return 'fault';
    wanted[key] = digits.toLowerCase();
    rest = rest.slice(all.length);
  }
  return {...line, isAllowed: action.toLowerCase() === 'allow', wanted};
};

/** Of each interface the first rule that is true of it counts; one that is denied, or that no rule is true of, denies the device. */
export const judgeByPolicy = ({rules}: UsbPolicy, device: PolicyDevice): PolicyVerdict => {
  const deciding = device.classes.map((one) => rules.find((rule) => isTrueOf(rule, device, one)));
  const denials = deciding.flatMap((rule) => (rule?.isAllowed === false ? [rule] : []));
  return {
    isAllowed: deciding.every((rule) => rule?.isAllowed === true),
    denial: denials.toSorted((one, other) => one.number - other.number)[0] ?? null,
  };
};

const isTrueOf = ({wanted}: UsbRule, {id, release}: PolicyDevice, one: InterfaceClass): boolean => {
  const [vid, pid] = id.split(':');
  const has = {class: one.class, subclass: one.subclass, prot: one.protocol, vid, pid, rel: release};
  return Object.entries(wanted).every(([key, digits]) => has[key as PolicyKey] === digits);
};

/**
 * The text with a rule that allows this device, and every other byte kept. It goes in front of the first rule that denies
 * the device, as the first rule counts and the last one allows the rest; to the end where no rule is true of it. `null`:
 * the device is allowed already.
 */
export const allowInPolicy = (text: string, device: PolicyDevice, remark: string): string | null => {
  const policy = parseUsbPolicy(text);
  const {isAllowed, denial} = judgeByPolicy(policy, device);
  if (isAllowed) return null;
  const lines = linesOf(text);
  const end = lines.some((line) => line.endsWith('\r\n')) ? '\r\n' : '\n';
  const [vid, pid] = device.id.split(':');
  const own = `ALLOW:vid=${vid} pid=${pid} # ${remark.replaceAll(/[^\x20-\x7e]/g, ' ')}${end}`;
  const at = denial === null ? lines.length : denial.number - 1;
  const last = lines.at(-1) ?? '';
  return [
    ...lines.slice(0, at),
    ...(denial === null && last !== '' && !last.endsWith('\n') ? [end] : []),
    own,
    ...lines.slice(at),
  ].join('');
};
