const [enter, down, right, emptyField] = ['\r', '\u001B[B', '\u001B[C', '\u0015'];

/** Each step by its title; what is typed there, and what the screen shows then. */
const walk = [
  // The title alone is there before the machine is read, and no key is taken yet.
  {title: /Set up a device/, presses: []},
  {title: /step 1 of \d+ {2}Host checks/, presses: []},
  {
    title: /step \d+ of \d+ {2}Device/,
    presses: [
      ['/41:00', /\/41:00/],
      [enter, /❯ \(.\) . 0000:41:00\.0/],
    ],
  },
  {
    title: /step \d+ of \d+ {2}Risks/,
    presses: [
      [down, /❯ Lose 0000:41:00\.0/],
      ['accept', /You accepted this/],
    ],
  },
  {title: /step \d+ of \d+ {2}CPU/, presses: [['2', /‹ 2/]]},
  {title: /step \d+ of \d+ {2}Memory/, presses: [['1', /= 1 GiB/]]},
  {
    title: /step \d+ of \d+ {2}Guest/,
    presses: [
      [down, /› win11/],
      [`${emptyField}lab`, /› lab▏/],
      [down, /‹ Windows 11 ›/],
      [right, /‹ Windows 10 ›/],
      [right, /‹ Linux ›/],
    ],
  },
  {title: /step \d+ of \d+ {2}Review/, presses: []},
  {title: /step \d+ of \d+ {2}Save the profile/, presses: [[`${down}${emptyField}lab`, /› lab▏/]]},
  {title: /step \d+ of \d+ {2}Apply/, presses: []},
];

/** A person at the first serial line: from the first screen to a saved profile, and out again without applying. Returns what was typed. */
export const makeProfileInWizard = async ({console}) => {
  console.skip();
  // On one CPU: code that V8 makes while it runs has crashed in the emulator when its threads were on several.
  console.type('cd /root && taskset -c 0 vfio-pilot\r');
  for (const [index, {title, presses}] of walk.entries()) {
    await console.see(title, 300);
    for (const [keys, shows] of presses) {
      console.type(keys);
      await console.see(shows, 120);
    }
    if (index < walk.length - 1) console.type(enter);
  }
  console.type('q');
  await console.see(/y\S* +leave/, 120);
  console.type('y');
  await console.see(/lab# $/, 120);
  return {vcpus: 2, memoryMiB: 1024};
};
