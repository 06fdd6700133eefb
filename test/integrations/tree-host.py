"""A connection for the tests: the host is a folder. Its boot is played, and nothing is ever shut down."""
DOCUMENTATION = '''
name: tree_host
short_description: a folder instead of a host
description: Runs on the controller. A reboot is a script of the folder.
options:
  folder:
    description: The folder.
    vars:
      - name: folder
'''

import re
import subprocess

from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = 'tree_host'

    def exec_command(self, cmd, in_data=None, sudoable=True):
        folder = self.get_option('folder')
        # Whatever would end the machine that the tests run on is not run.
        if re.search(r'\b(shutdown|reboot|halt|poweroff|init)\b', cmd):
            subprocess.run(['sh', folder + '/reboot'], check=True)
            return (0, b'', b'')
        return super().exec_command(cmd.replace('/proc/sys/kernel/random/boot_id', folder + '/boot_id'), in_data, sudoable)
