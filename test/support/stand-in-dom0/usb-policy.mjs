// What XAPI makes of usb-policy.conf, our own code after what its usb_scan.py was read to do, line by line. It shares
// nothing with the reader of the program, which the tests hold against it.

const widths = {class: 2, subclass: 2, prot: 2, vid: 4, pid: 4, rel: 4};

/** Throws where the real program ends. `isOld`: before version 25.29, which stumbles over empty lines too. */
export const readRules = (text, isOld = false) => {
  const rules = [];
  for (const line of text.split(/\r\n|\r|\n/).slice(0, /[\r\n]$/.test(text) ? -1 : undefined)) {
    if (!isOld && line.trim() === '') continue;
    const hash = line.indexOf('#');
    if (hash === 0) continue;
    const pieces = (hash > 0 ? line.slice(0, hash) : line).split(':');
    if (pieces.length !== 2) throw new Error(`malformed line: ${line}`);
    const action = pieces[0].trim().toLowerCase();
    if (action !== 'allow' && action !== 'deny') throw new Error(`malformed action: ${line}`);
    const rule = {allow: action === 'allow', match: new Map()};
    const target = pieces[1].trim();
    let end = 0;
    for (const found of target.matchAll(/\s*(class|subclass|prot|vid|pid|rel)\s*=\s*([0-9a-f]+)/gi)) {
      const key = found[1].toLowerCase();
      if (found.index !== end) throw new Error(`unable to parse: ${line}`);
      if (found[2].length !== widths[key]) throw new Error(`length: ${line}`);
      if (rule.match.has(key)) throw new Error(`twice: ${line}`);
      rule.match.set(key, Number.parseInt(found[2], 16));
      end += found[0].length;
    }
    if (end !== target.length) throw new Error(`unable to parse the end: ${line}`);
    rules.push(rule);
  }
  return rules;
};

/** Each interface by the first rule that is true of it; every one has to be allowed. */
export const isOffered = (rules, {vid, pid, rel, interfaces}) =>
  interfaces.every((one) => {
    const values = {vid, pid, rel, class: one[0], subclass: one[1], prot: one[2]};
    for (const {allow, match} of rules)
      if ([...match].every(([key, number]) => Number.parseInt(values[key], 16) === number)) return allow;
    return false;
  });
