#!/usr/bin/python
DOCUMENTATION = r'''
module: trial
short_description: Set a profile of vfio-pilot up for one boot
description:
  - Runs C(vfio-pilot apply --trial). The next boot, and only that one, has the new set-up. Without
    M(vfio_pilot.host.confirm) within ten minutes, or after a panic, the present system comes back by itself.
  - Where the profile is applied already, or its trial is set up or running, it changes nothing.
  - It fails on a host that has come back from a trial without a confirmation; C(vfio-pilot rollback) drops that trial.
options:
  root:
    description: Another root instead of C(/). Only a running system can be tried, so this is for check mode.
    type: path
extends_documentation_fragment:
  - vfio_pilot.host.program
  - vfio_pilot.host.program.profile
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.trial:
    content: "{{ lookup('ansible.builtin.file', 'inference.yaml') }}"
    name: inference.yaml
  register: trial
- ansible.builtin.reboot:
  when: trial.reboot_required
'''

RETURN = r'''
state:
  description: C(none) where nothing is to be tried, C(waiting) for the reboot, or C(running) in the trial boot.
  returned: success
  type: str
reboot_required:
  description: Whether the trial waits for a reboot.
  returned: success
  type: bool
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import (
    COMMON, ONE_PROFILE, PROFILE, apply_profile, fail_on_error, run)


def present_trial(module):
    """The state of a trial that is there already; None where there is none."""
    document = run(module, ['confirm', '--dry-run'])
    error = document.get('error')
    if error is None:
        return 'running'
    if error['code'] == 'nothing-applied':
        return None
    if error['code'] == 'usage' and run(module, ['verify']).get('pending') is True:
        return 'waiting'
    fail_on_error(module, document)


def main():
    module = AnsibleModule(
        argument_spec=dict(COMMON, **PROFILE), supports_check_mode=True, **ONE_PROFILE)
    state = present_trial(module)
    if state is not None:
        module.exit_json(changed=False, state=state, reboot_required=state == 'waiting')
    result = apply_profile(module, ['--trial'])
    if result['outcome'] == 'nothing-to-do':
        module.exit_json(**dict(result, state='none', reboot_required=bool(result['pending'])))
    module.exit_json(**dict(result, state='waiting', reboot_required=True))


if __name__ == '__main__':
    main()
