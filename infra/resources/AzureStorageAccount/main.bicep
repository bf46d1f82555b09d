metadata name = 'AzureStorageAccount'
metadata description = 'Creates a general-purpose v2 storage account: TLS 1.2 at least, HTTPS only, no public access to blobs.'

@description('Required. Name of the storage account, unique in all of Azure.')
@metadata({ nameOf: 'Microsoft.Storage/storageAccounts' })
@minLength(3)
@maxLength(24)
param storage_account_name string

@description('Optional. Region of the storage account. Default: the resource group\'s.')
param storage_location string = resourceGroup().location

@description('Optional. Performance and replication of the storage account.')
param storage_account_type
  | 'Premium_LRS'
  | 'Premium_ZRS'
  | 'Standard_GRS'
  | 'Standard_GZRS'
  | 'Standard_LRS'
  | 'Standard_RAGRS'
  | 'Standard_RAGZRS'
  | 'Standard_ZRS' = 'Standard_LRS'

resource storageAccount 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: storage_account_name
  location: storage_location
  tags: {
    Creator: 'Cp4na'
  }
  kind: 'StorageV2'
  sku: {
    name: storage_account_type
  }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

@description('Id of the storage account.')
output storage_account_id string = storageAccount.id

@description('Name of the storage account.')
output storage_account_name string = storageAccount.name

// Which endpoints there are depends on the SKU.
@description('URLs of the storage account by service: blob, dfs, file, queue, table, web.')
#disable-next-line use-user-defined-types
output storageEndpoint object = storageAccount.properties.primaryEndpoints
