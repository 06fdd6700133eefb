/** What a caller's environment may hold to make programs run, load, read or write something else. */
export const hostileEnvironment = (canary: string, fakes: string): Readonly<Record<string, string>> => ({
  PATH: `${fakes}:/usr/bin:/bin`, LD_LIBRARY_PATH: fakes, LD_BIND_NOW: '1', LD_DEBUG: 'all', LD_DEBUG_OUTPUT: `${fakes}/loader`, GLIBC_TUNABLES: 'glibc.malloc.check=3', MALLOC_TRACE: canary,
  GCONV_PATH: fakes, LOCPATH: fakes, NLSPATH: fakes, RES_OPTIONS: 'debug', HOSTALIASES: canary, LOCALDOMAIN: 'x',
  BASH_ENV: `${fakes}/env.sh`, ENV: `${fakes}/env.sh`, IFS: '/', SHELLOPTS: 'xtrace', BASHOPTS: 'extdebug', PS4: `$(touch ${canary})`, CDPATH: fakes, PROMPT_COMMAND: `touch ${canary}`, 'BASH_FUNC_echo%%': `() { touch ${canary}; }`,
  TMPDIR: '/nonexistent', HOME: fakes, XDG_CONFIG_HOME: fakes, XDG_RUNTIME_DIR: fakes, XDG_CACHE_HOME: fakes, XDG_DATA_DIRS: fakes,
  EDITOR: `${fakes}/editor`, VISUAL: `${fakes}/editor`, PAGER: `${fakes}/editor`, LESSOPEN: `|${fakes}/editor %s`, BROWSER: `${fakes}/editor`,
  LC_ALL: '../../../etc/x', LANGUAGE: 'xx', LANG: 'C\n', LIBVIRT_DEFAULT_URI: 'test:///default', VIRSH_DEFAULT_CONNECT_URI: 'test:///default', LIBVIRT_DEBUG: '1', LIBVIRT_LOG_OUTPUTS: `1:file:${canary}`,
  GRUB_CMDLINE_LINUX: 'init=/bin/sh', GRUB_DISTRIBUTOR: `$(touch ${canary})`, DRACUT_CONF_DIR: fakes, KERNEL_INSTALL_CONF_ROOT: fakes, INITRD: 'no', MODPROBE_OPTIONS: `-C ${fakes}`,
  PYTHONPATH: fakes, PYTHONSTARTUP: `${fakes}/x.py`, PERL5LIB: fakes, PERL5OPT: '-Mevil', RUBYOPT: '-revil', npm_config_prefix: fakes, npm_config_script_shell: `${fakes}/sh`, NODE_ENV: 'development', DEV: 'true', DEBUG: '*', FORCE_COLOR: '3', CI: 'true',
});

/** The names of programs that are run on a live host, and of what their scripts might call. */
export const fakePrograms = ['virsh', 'zpool', 'cp', 'env', 'sh', 'bash', 'node', 'grub-mkconfig', 'update-initramfs', 'mkinitramfs', 'lsinitramfs', 'dracut', 'mkinitcpio', 'systemctl', 'modprobe', 'dpkg', 'editor'] as const;
