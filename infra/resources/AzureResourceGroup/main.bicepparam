using 'main.bicep'

param resourcegroup_name = 'rg-branch-7'
param resourcegroup_location = 'North Europe'
