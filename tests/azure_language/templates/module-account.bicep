param vaultUri string
param loc string
param tags object
resource st 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  name: toLower(take('st${uniqueString(vaultUri, loc)}', 20))
  location: loc
  tags: tags
  sku: { name: 'Standard_LRS' }
  kind: 'StorageV2'
  properties: { customDomain: { name: replace(replace(vaultUri, 'https://', ''), '/', '') } }
}
output x string = st.name
output y string = '${st.id}/x'
output keys array = map(st.listKeys().keys, k => k.value)
