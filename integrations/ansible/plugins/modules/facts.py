#!/usr/bin/python
DOCUMENTATION = r'''
module: facts
short_description: Read what vfio-pilot knows about a host
description:
  - Returns the document of C(vfio-pilot facts --json) as the fact C(vfio_pilot). It changes nothing.
  - Save it with M(ansible.builtin.copy) to the controller, and C(vfio-pilot fleet report) compares all hosts.
extends_documentation_fragment:
  - vfio_pilot.host.program
author: the authors of vfio-pilot
'''

EXAMPLES = r'''
- vfio_pilot.host.facts:
- ansible.builtin.copy:
    content: '{{ ansible_facts.vfio_pilot | to_json }}'
    dest: 'facts/{{ inventory_hostname }}.json'
  delegate_to: localhost
  become: false
'''

RETURN = r'''
ansible_facts:
  description: The document under C(vfio_pilot); C(vfio-pilot schema facts) is its schema.
  returned: always
  type: dict
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vfio_pilot.host.plugins.module_utils.program import COMMON, fail_on_error, run


def main():
    module = AnsibleModule(argument_spec=COMMON, supports_check_mode=True)
    document = run(module, ['facts'])
    fail_on_error(module, document)
    module.exit_json(changed=False, ansible_facts={'vfio_pilot': document})


if __name__ == '__main__':
    main()
