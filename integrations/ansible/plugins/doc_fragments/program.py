class ModuleDocFragment:
    """Options that several modules have."""

    # Of every module.
    DOCUMENTATION = r'''
options:
  executable:
    description: The program on the managed host.
    type: str
    default: vfio-pilot
  root:
    description: Another root instead of C(/), such as a mounted disk or a captured host.
    type: path
'''

    # `vfio_pilot.host.program.profile`: of those that apply one.
    PROFILE = r'''
options:
  path:
    description: The profile on the managed host; or C(content).
    type: path
  content:
    description: The text of the profile, which is then no file of the managed host.
    type: str
  name:
    description: The file name of C(content). A profile without a name is called like its file.
    type: str
    default: profile.yaml
'''
