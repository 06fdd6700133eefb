#!/usr/bin/python
DOCUMENTATION = r'''
module: rollback
short_description: Restore to the byte what vfio-pilot changed
description:
  - Runs C(vfio-pilot rollback). It changes nothing where nothing is applied, and nothing in check mode.
options:
  run:
    description: The run that is taken back; the newest one without it.
    type: str
extends_documentation_fragment:
  - vfio_pilot.host.program
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.rollback:
- ansible.builtin.reboot:
'''

RETURN = r'''
paths:
  description: What was restored, or would be.
  returned: success
  type: list
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import COMMON, fail_on_error, run


def main():
    module = AnsibleModule(argument_spec=dict(COMMON, run={'type': 'str'}), supports_check_mode=True)
    words = ['rollback'] + ([] if module.params['run'] is None else [module.params['run']])
    document = run(module, words + ['--dry-run' if module.check_mode else '--yes'])
    fail_on_error(module, document)
    module.exit_json(
        changed=document['outcome'] in ('rolled-back', 'dry-run'),
        outcome=document['outcome'],
        run=document['id'],
        paths=document['paths'],
        edited=document['edited'],
    )


if __name__ == '__main__':
    main()
