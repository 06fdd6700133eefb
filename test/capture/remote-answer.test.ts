import {describe, expect, it} from 'vitest';
import {parseStream} from '../../src/capture/remote/parse-stream.ts';
import {checkDestination} from '../../src/capture/remote/remote-capture.ts';

describe('what it has printed', () => {
  const head = 'vfio-pilot capture 1\nN host\n';

  it('may follow a greeting', () => {
    expect(parseStream(`Welcome!\n${head}D scrubbed /etc\nend\n`).collected).toEqual([
      {entry: {type: 'directory', path: '/etc'}, kind: 'scrubbed'},
    ]);
  });

  it('holds no file that could not be read to its end, and tells of one that may not be read', () => {
    const received = parseStream(`${head}F scrubbed 644 0 0 /etc/a\nYQ==\n!\nU scrubbed /etc/b\nend\n`);
    expect(received).toMatchObject({collected: [], unreadable: ['/etc/b']});
  });

  it.each([
    ['nothing', ''],
    ['an error of the shell', 'sh: syntax error\n'],
    ['no end', `${head}D scrubbed /etc\n`],
    ['half a file', `${head}F scrubbed 644 0 0 /etc/a\nYQ==\n`],
    ['a path that leads out', `${head}D scrubbed /etc/../../root\nend\n`],
    ['a path that begins nowhere', `${head}D scrubbed etc\nend\n`],
    ['a kind that nobody knows', `${head}D raw /etc\nend\n`],
    ['a file without an owner', `${head}F scrubbed /etc/a\n.\nend\n`],
    ['something else between', `${head}reboot\nend\n`],
  ])('is refused with %s', (_, text) => expect(() => parseStream(text)).toThrow('no whole answer'));
});

describe('the name of the other host', () => {
  it.each(['root@xcp.example', 'xcp', 'root@10.0.0.2', '2001:db8::1', 'a_b.c-d'])('may be %s', (host) =>
    expect(checkDestination(host)).toBe(host),
  );

  it.each(['-oProxyCommand=x', 'root@-x', '', 'a b', 'root@x;id', '$(id)', 'ssh://x', 'x\ny', "x'"])(
    'is refused as %j',
    (host) => expect(() => checkDestination(host)).toThrow('no host that ssh'),
  );
});
