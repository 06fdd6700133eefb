import type {Splice} from '../splices.ts';
import {childNamed, type XmlDocument, type XmlElement} from './document.ts';
import {insertChildren, removeAttribute, removeElement, setAttribute, setText, type XmlFragment} from './edit.ts';

/** What an element should be; whatever it does not speak of stays unchanged. */
export type Wish = {
  readonly name: string;
  /** The element meant; `null`: a new one; left out: the first child of that name, or a new one. */
  readonly existing?: XmlElement | null;
  /** `null` takes the attribute away. */
  readonly attributes?: Readonly<Record<string, AttributeWish>>;
  readonly text?: string;
  readonly children?: readonly Wish[];
  /** Children of the existing element that go. */
  readonly drops?: readonly XmlElement[];
  /** Customary order of its children. */
  readonly order?: readonly string[];
};

/** `accepts` tells whether a value that is there says the same in other words (`0-1` and `0,1`), and so may stay. */
export type AttributeWish = string | null | {readonly value: string; readonly accepts: (present: string) => boolean};

/** The edits that make `element` what the wish says, all against the same text. None, when it is so already. */
export const reconcile = (document: XmlDocument, element: XmlElement, wish: Wish): readonly Splice[] => {
  const {attributes = {}, children = [], drops = [], order = []} = wish;
  const found = children.map((child) => ({
    child,
    existing: child.existing === undefined ? childNamed(element, child.name) : child.existing,
  }));
  const added = found.filter(({existing}) => existing === null).map(({child}) => fragmentOf(child));
  return [
    ...Object.entries(attributes).flatMap(([name, value]) => reconcileAttribute(document, element, name, value)),
    ...(wish.text === undefined ? [] : setText(element, wish.text)),
    ...found.flatMap(({child, existing}) => (existing === null ? [] : reconcile(document, existing, child))),
    ...drops.map((dropped) => removeElement(document, dropped)),
    ...insertChildren(document, element, inOrder(added, order), {order, removed: new Set(drops)}),
  ];
};

const reconcileAttribute = (
  document: XmlDocument,
  element: XmlElement,
  name: string,
  wish: AttributeWish,
): readonly Splice[] => {
  if (wish === null) return removeAttribute(element, name);
  if (typeof wish === 'string') return setAttribute(document, element, name, wish);
  const present = element.attributes.find((attribute) => attribute.name === name);
  return present !== undefined && wish.accepts(present.value) ? [] : setAttribute(document, element, name, wish.value);
};

/** Of a wish for an element that is not there. */
export const fragmentOf = ({name, attributes = {}, text, children = [], order = []}: Wish): XmlFragment => ({
  name,
  attributes: Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [[key, typeof value === 'string' ? value : value.value] as const],
  ),
  text: text ?? null,
  children: inOrder(children.map(fragmentOf), order),
});

const inOrder = (fragments: readonly XmlFragment[], order: readonly string[]): readonly XmlFragment[] => {
  const rank = ({name}: XmlFragment): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...fragments].sort((a, b) => rank(a) - rank(b));
};
