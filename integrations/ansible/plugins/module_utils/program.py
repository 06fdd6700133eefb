"""Runs vfio-pilot on the managed host and reads the one document that it prints with --json."""

import json
import os
import tempfile

COMMON = {
    'executable': {'type': 'str', 'default': 'vfio-pilot'},
    'root': {'type': 'path'},
}

# One of both: a file of the managed host, or a text and the file name that its messages have.
PROFILE = {
    'path': {'type': 'path'},
    'content': {'type': 'str'},
    'name': {'type': 'str', 'default': 'profile.yaml'},
}
ONE_PROFILE = {
    'required_one_of': [('path', 'content')],
    'mutually_exclusive': [('path', 'content')],
}


# Under sudo vfio-pilot reads what a user names with the rights of who called, and those do not reach into the folder that
# Ansible made for root. Here nobody else has named anything.
ENVIRONMENT = {'LC_ALL': 'C.UTF-8', 'NO_COLOR': '1', 'SUDO_UID': '', 'SUDO_GID': ''}


def run(module, words):
    """The document. Its member `error` is there when the command could not do its work (schema: `vfio-pilot schema error`)."""
    argv = [module.params['executable']] + words + ['--json']
    if module.params['root'] is not None:
        argv += ['--root', module.params['root']]
    code, out, err = module.run_command(argv, environ_update=ENVIRONMENT)
    try:
        document = json.loads(out)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        module.fail_json(
            msg='%s printed no document: %s' % (module.params['executable'], (err or out).strip()), rc=code)
    return document


def fail_on_error(module, document):
    """Ends the module where vfio-pilot says that it failed: what, and what to do next."""
    error = document.get('error')
    if error is None:
        return
    module.fail_json(
        msg=('%s %s' % (error['message'], error['nextStep'])).strip(),
        code=error['code'],
        is_restored=error['isRestored'],
        findings=document.get('findings', []),
    )


def blockers(document):
    return ' '.join(
        ('%s %s' % (one['message'], one['remedy'] or '')).strip()
        for one in document['findings']
        if one['severity'] == 'blocker'
    )


def profile_path(module):
    if module.params['path'] is not None:
        return module.params['path']
    name = os.path.basename(module.params['name'])
    if name in ('', '.', '..'):
        module.fail_json(msg='name: %r is no file name. Write one such as profile.yaml.' % module.params['name'])
    # Ansible removes this directory when the module ends.
    path = os.path.join(tempfile.mkdtemp(dir=module.tmpdir), name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(module.params['content'])
    return path


def apply_profile(module, extra):
    """`apply PROFILE`, or its dry run in check mode, as the result of a module."""
    words = ['apply', profile_path(module)] + extra
    document = run(module, words + (['--dry-run'] if module.check_mode else ['--yes']))
    fail_on_error(module, document)
    if document['outcome'] == 'blocked':
        module.fail_json(
            msg='The profile is blocked on this host: %s' % blockers(document), findings=document['findings'])
    result = {
        'changed': document['outcome'] in ('applied', 'dry-run'),
        'outcome': document['outcome'],
        'run': document['applied'],
        'reboot_required': document['rebootRequired'],
        'pending': document['pending'],
        'findings': document['findings'],
        'paths': [one['path'] for one in document['changes'] if one['argv'] is None],
        'commands': [one['argv'] for one in document['changes'] if one['argv'] is not None],
    }
    if module._diff:
        result['diff'] = [{'prepared': one['diff']} for one in document['changes'] if one['diff']]
    return result
