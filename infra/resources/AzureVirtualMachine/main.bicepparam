using 'main.bicep'

param vm_name = 'vm-web'
param vm_network_interface_name = 'nic-web'
param vm_data_disk_size = 8
param vm_admin_username = 'operator'
param vm_admin_public_key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI... operator'
