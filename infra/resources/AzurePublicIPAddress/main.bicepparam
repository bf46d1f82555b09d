using 'main.bicep'

param public_ip_address_name = 'pip-branch-7'
