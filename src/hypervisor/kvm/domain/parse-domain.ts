import type {Finding} from '../../../findings/finding.ts';
import {
  attributeOf,
  childrenNamed,
  parseXmlDocument,
  positionOf,
  type XmlDocument,
  type XmlElement,
} from '../../../formats/xml/document.ts';

type ParsedDomain =
  {readonly ok: true; readonly document: XmlDocument} | {readonly ok: false; readonly findings: readonly Finding[]};

/** Elements that are edited. libvirt reads some doubles and ignores others; it writes none. */
const single = [
  'name',
  'memory',
  'currentMemory',
  'memoryBacking',
  'vcpu',
  'iothreads',
  'cputune',
  'numatune',
  'os',
  'features',
  'cpu',
  'clock',
  'devices',
];

/** A libvirt domain for QEMU that can be edited: well-formed, the right root, nothing in it that is there twice. */
export const parseDomain = (xml: string, file: string): ParsedDomain => {
  const parsed = parseXmlDocument(xml);
  if (!parsed.ok) return refuse(file, parsed.problem, `is not well-formed XML: ${parsed.problem.message}`);
  const {root} = parsed.document;
  const problem = problemOf(root);
  return problem === null ? parsed : refuse(file, positionOf(xml, problem.element.start), problem.message);
};

const problemOf = (root: XmlElement): {readonly element: XmlElement; readonly message: string} | null => {
  if (root.name !== 'domain' || root.namespace !== '')
    return {element: root, message: `is not a libvirt domain: its root element is <${root.name}>, not <domain>`};
  const type = attributeOf(root, 'type');
  if (type !== 'kvm' && type !== 'qemu')
    return {
      element: root,
      message: `is a domain of type ${type ?? 'unknown'}, and only kvm and qemu domains can take PCI devices this way`,
    };
  const double = single.map((name) => childrenNamed(root, name)[1]).find((element) => element !== undefined);
  return double === undefined
    ? null
    : {element: double, message: `has a second <${double.name}>, and which one counts is not certain`};
};

const refuse = (
  file: string,
  {line, column}: {readonly line: number; readonly column: number},
  message: string,
): ParsedDomain => ({
  ok: false,
  findings: [
    {
      code: 'guest-xml-unusable',
      severity: 'blocker',
      subject: file,
      at: {file, line, column},
      message: `This file ${message}.`,
      remedy: 'Repair the domain with `virsh edit` (it checks what you save), then plan again.',
    },
  ],
});
