#!/usr/bin/python
DOCUMENTATION = r'''
module: confirm
short_description: Make the set-up of a trial boot permanent
description:
  - Runs C(vfio-pilot confirm) in the trial boot. It checks every promise first, and fails where one is broken.
  - Where no trial is there it changes nothing. It fails in a boot that is not the trial, as the trial did not come up then.
options:
  root:
    description: Another root instead of C(/). No tree of files is in a trial boot, so nothing is confirmed there.
    type: path
extends_documentation_fragment:
  - vfio_pilot.host.program
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.confirm:
'''

RETURN = r'''
run:
  description: The run that stays.
  returned: changed
  type: str
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import COMMON, blockers, fail_on_error, run


def main():
    module = AnsibleModule(argument_spec=COMMON, supports_check_mode=True)
    document = run(module, ['confirm', '--dry-run' if module.check_mode else '--yes'])
    if document.get('error', {}).get('code') == 'nothing-applied':
        module.exit_json(changed=False, run=None)
    fail_on_error(module, document)
    if document['outcome'] == 'broken':
        broken = [one for one in document['promises'] if one['status'] == 'broken']
        module.fail_json(
            msg='Not confirmed: %s' % ' '.join('%s %s' % (one['promise'], one['fact']) for one in broken),
            promises=document['promises'])
    if document['outcome'] == 'blocked':
        module.fail_json(msg='Not confirmed: %s' % blockers(document), findings=document['findings'])
    module.exit_json(changed=True, run=document['applied'])


if __name__ == '__main__':
    main()
