import type {XmlDocument} from './xml-document.ts';
import type {XmlElement} from './xml-element.ts';
import {removeElement} from './xml-edit.ts';
import type {Splice} from './xml-edit.ts';
import {renderFragment} from './xml-fragment.ts';
import type {XmlFragment} from './xml-fragment.ts';
import {indentationOf} from './xml-style.ts';

export type Placement = {
  /** Customary order of the parent's children; a name that is not in it goes last. */
  readonly order: readonly string[];
  /** Children that leave in the same batch. */
  readonly removed: ReadonlySet<XmlElement>;
};

/** Puts children, in the given order, where libvirt would write them, each with its neighbour's indentation. */
export const insertChildren = (
  document: XmlDocument,
  parent: XmlElement,
  fragments: readonly XmlFragment[],
  placement: Placement,
): readonly Splice[] => {
  if (fragments.length === 0) return [];
  if (parent.children.length === 0) return [insertOnly(document, parent, fragments)];
  return fragments.map((fragment) => insertBeside(document, parent, fragment, placement));
};

const insertBeside = (document: XmlDocument, parent: XmlElement, fragment: XmlFragment, {order, removed}: Placement): Splice => {
  const rank = rankOf(order, fragment.name);
  const isLast = rank === order.length;
  const anchor = parent.children.findLast((child) => isLast || rankOf(order, child.name) <= rank) ?? null;
  const neighbour = anchor ?? parent.children[0];
  if (neighbour === undefined) return insertOnly(document, parent, [fragment]);
  const indentation = indentationOf(document.text, neighbour);
  const lead = indentation === null ? '' : document.style.lineEnding + indentation;
  const rendered = renderFragment(fragment, document.style, indentation);
  if (removed.has(neighbour)) return at(removeElement(document, neighbour).start, lead + rendered);
  return anchor === null ? at(neighbour.start, rendered + lead) : at(afterLine(document.text, anchor), lead + rendered);
};

const rankOf = (order: readonly string[], name: string): number => {
  const rank = order.indexOf(name);
  return rank < 0 ? order.length : rank;
};

const at = (place: number, text: string): Splice => ({start: place, end: place, text});

/** A comment behind an element on its line speaks of that element, so nothing goes between the two. */
const afterLine = (text: string, element: XmlElement): number => {
  const rest = text.slice(element.end, text.indexOf('\n', element.end) < 0 ? text.length : text.indexOf('\n', element.end));
  const comments = /^(?:[ \t]*<!--(?:(?!-->).)*-->)+(?=[ \t\r]*$)/.exec(rest)?.[0] ?? '';
  return element.end + comments.length;
};

/** Into an element that has no child: what is there besides white space (comments) stays in front. */
const insertOnly = ({text, style}: XmlDocument, parent: XmlElement, fragments: readonly XmlFragment[]): Splice => {
  const outer = indentationOf(text, parent);
  const inner = outer === null ? null : outer + style.indent;
  const lead = inner === null ? '' : style.lineEnding + inner;
  const body = fragments.map((fragment) => lead + renderFragment(fragment, style, inner)).join('');
  const tail = outer === null ? '' : style.lineEnding + outer;
  if (parent.isSelfClosing) return {start: parent.startTagEnd - 2, end: parent.startTagEnd, text: `>${body}${tail}</${parent.name}>`};
  const content = text.slice(parent.startTagEnd, parent.contentEnd);
  return {start: parent.startTagEnd + content.trimEnd().length, end: parent.contentEnd, text: body + tail};
};
