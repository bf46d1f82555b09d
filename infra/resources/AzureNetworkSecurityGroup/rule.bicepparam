using 'rule.bicep'

param network_security_group_name = 'nsg-lan'
param nsg_rule_name = 'AllowHttps'
param priority = 1000
param source_address_prefixes = ['192.0.2.0/24', '198.51.100.0/24']
param destination_port_ranges = ['443']
