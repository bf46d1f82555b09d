metadata name = 'AzureApplicationSecurityGroup'
metadata description = 'Creates an application security group.'

@description('Required. Name of the application security group.')
@minLength(1)
@maxLength(80)
param asg_name string

@description('Optional. Region of the application security group. Default: the resource group\'s.')
param asg_location string = resourceGroup().location

resource applicationSecurityGroup 'Microsoft.Network/applicationSecurityGroups@2024-05-01' = {
  name: asg_name
  location: asg_location
  properties: {}
}

@description('Id of the application security group.')
output asg_id string = applicationSecurityGroup.id
