#!/usr/bin/python
DOCUMENTATION = r'''
module: verify
short_description: Check each promise of what vfio-pilot applied
description:
  - Runs C(vfio-pilot verify). It changes nothing, and fails where a promise is broken or nothing is applied.
options:
  allow_pending:
    description: Do not fail where promises wait for a reboot.
    type: bool
    default: false
extends_documentation_fragment:
  - vfio_pilot.host.program
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.verify:
'''

RETURN = r'''
promises:
  description: Each promise with its status, C(kept), C(broken), C(pending) or C(unknown).
  returned: always
  type: list
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import COMMON, fail_on_error, run


def main():
    module = AnsibleModule(
        argument_spec=dict(COMMON, allow_pending={'type': 'bool', 'default': False}), supports_check_mode=True)
    document = run(module, ['verify'])
    fail_on_error(module, document)
    promises = document['promises']
    bad = ['broken'] if module.params['allow_pending'] else ['broken', 'pending']
    failed = [one for one in promises if one['status'] in bad]
    result = {'promises': promises, 'pending': document['pending'], 'reboot_required': document['rebootRequired']}
    if failed:
        module.fail_json(
            msg=' '.join('%s: %s %s' % (one['status'], one['promise'], one['fact']) for one in failed), **result)
    module.exit_json(changed=False, **result)


if __name__ == '__main__':
    main()
