param name string
param location string
@secure()
param pw string
param cfg object
resource kv 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: name }
resource s 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: kv
  name: 'pw'
  properties: { value: pw, contentType: cfg.type, attributes: { exp: cfg.?exp } }
}
module deep 'module-account.bicep' = {
  name: 'deep-${deployment().name}'
  params: { vaultUri: kv.properties.vaultUri, loc: location, tags: { ...cfg, uri: s.properties.secretUri } }
}
output uri string = s.properties.secretUri
output deep string = deep.outputs.x
output cfg object = cfg
@secure()
output hidden string = pw
