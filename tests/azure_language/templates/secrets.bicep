// Key Vault secrets and a moment of the run, handed down three modules deep.
param ts string = utcNow()
param loc string = resourceGroup().location
@secure()
param pw string
param kvName string = 'kv-${uniqueString(resourceGroup().id)}'
param enabled bool = true
resource kv 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: kvName
  location: loc
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    accessPolicies: [
      for (id, i) in ['a', 'b']: {
        tenantId: tenant().tenantId
        objectId: id
        permissions: { secrets: i == 0 ? ['get'] : ['list', 'get'] }
      }
    ]
    enabledForDeployment: enabled
  }
}
resource ekv 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: 'ekv', scope: resourceGroup('kvrg') }
module m1 'module-vault.bicep' = {
  name: 'm1-${ts}'
  params: { name: kv.name, location: loc, pw: pw, cfg: { type: 't', ts: ts, exp: 5 } }
}
module m2 'module-vault.bicep' = if (enabled) {
  name: 'm2'
  params: { name: 'kvx', location: m1.outputs.deep, pw: ekv.getSecret('sec'), cfg: m1.outputs.cfg }
}
module m3 'module-vault.bicep' = [
  for i in range(0, 2): {
    name: 'm3-${i}'
    scope: resourceGroup('rg-${i}')
    params: {
      name: 'kv${i}'
      location: kv.location
      pw: i == 0 ? pw : 'x'
      cfg: { type: m2.outputs.uri, list: [i, ts] }
    }
    dependsOn: [m1]
  }
]
resource res 'Microsoft.Compute/disks@2023-10-02' = {
  name: 'd-${ts}'
  location: loc
  properties: {
    creationData: { createOption: 'Empty', sourceUri: m3[1].outputs.uri }
    tier: string(contains(m1.outputs.cfg, 'ts'))
    diskSizeGB: length(m2.outputs.cfg)
  }
}
resource child 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'l'
  scope: res
  properties: { level: 'CanNotDelete', notes: '${res.id} ${res.name}' }
}
output a string = m1.outputs.deep
output b object = m2.outputs.cfg
output c array = [for i in range(0, 2): m3[i].outputs.deep]
output d string = res.id
output e string = m1.name
output f array = kv.properties.accessPolicies
output g string = kv.properties.accessPolicies[1].permissions.secrets[0]
output h string = ekv.properties.vaultUri
output i bool = m1.outputs.deep == 'x' || enabled
output j string = empty(ts) ? 'a' : 'b'
output k string = enabled ? kv.properties.vaultUri : 'none'
output l object = { x: enabled ? { y: kv.properties.vaultUri } : null, z: kv.properties.sku }
