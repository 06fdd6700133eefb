#!/usr/bin/python
DOCUMENTATION = r'''
module: profile
short_description: Apply a profile of vfio-pilot
description:
  - Runs C(vfio-pilot apply), which writes everything as one transaction or nothing. A run that was killed is undone first.
  - In check mode it plays the transaction through in memory and writes nothing. With C(--diff) it shows each file.
  - It does not reboot. M(vfio_pilot.host.trial) tries the profile for one boot instead.
extends_documentation_fragment:
  - vfio_pilot.host.program
  - vfio_pilot.host.program.profile
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.profile:
    content: "{{ lookup('ansible.builtin.file', 'inference.yaml') }}"
    name: inference.yaml
  register: applied
- ansible.builtin.reboot:
  when: applied.reboot_required
'''

RETURN = r'''
outcome:
  description: C(applied), C(nothing-to-do), or C(dry-run) in check mode.
  returned: success
  type: str
reboot_required:
  description: The profile holds only after a reboot.
  returned: success
  type: bool
pending:
  description: What is applied waits for a reboot; null where that is unknown.
  returned: success
  type: bool
paths:
  description: Files and links that were changed, or would be.
  returned: success
  type: list
commands:
  description: Commands that were run, or would be, each as the list of its words.
  returned: success
  type: list
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import (
    COMMON, ONE_PROFILE, PROFILE, apply_profile)


def main():
    module = AnsibleModule(
        argument_spec=dict(COMMON, **PROFILE), supports_check_mode=True, **ONE_PROFILE)
    module.exit_json(**apply_profile(module, []))


if __name__ == '__main__':
    main()
