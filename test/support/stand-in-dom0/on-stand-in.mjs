/** The script of a capture on the stand-in: its root is a tree, and its programs are asked all the same. */
export const captureOnStandIn = (programs, text) =>
  text.replace('PATH=/usr/sbin', `PATH=${programs}:/usr/sbin`).replace('[ -z "$root" ] || return 0', ':');

/** An exported script on the stand-in, which looks more often and for as long as a slow machine needs. */
export const scriptOnStandIn = (programs, text) => {
  const lines = text.trimEnd().split('\n');
  return [
    ...lines.slice(0, -1).map((line) =>
      line
        .replace('is_live=no', 'is_live=yes')
        .replace('must sync', ':')
        .replace(/^( *)sleep 1$/, '$1sleep 0.1')
        .replace(/^( *patience=|.*"\$tries" -lt )30\b/, '$13000'),
    ),
    `program() { [ -x '${programs}'/"$1" ] && say '${programs}'/"$1"; }`,
    ...lines.slice(-1),
    '',
  ].join('\n');
};
