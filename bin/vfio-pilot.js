#!/usr/bin/env node
// Plain syntax on purpose: this line of defence must also parse on the Node versions that it refuses.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write('vfio-pilot needs Node 20.19 or newer, and this is ' + process.version + '.\n  -> Install a newer Node, for example the nodejs package of Debian 13.\n');
  process.exitCode = 2;
} else {
  void import('../dist/cli.js');
}
