// Modules: outputs used by others, loops, conditions, other groups, the subscription.
param prefix string = 'st'
@secure()
param secret string
param stage string = 'dev'

module first 'module-storage.bicep' = {
  name: 'first'
  params: { name: prefix, tags: { stage: stage }, count: 2 }
}

module second 'module-storage.bicep' = {
  name: '${first.name}-second'
  params: {
    name: 's${length(first.outputs.all)}${first.outputs.group.fixed[2].a}'
    tags: { first: first.outputs.id, blob: first.outputs.blob }
    key: secret
  }
}

module many 'module-storage.bicep' = [for (n, i) in ['a', 'b']: if (n != 'c') {
  name: 'many-${n}'
  params: { name: 'many${n}', count: i + 1, location: 'northeurope' }
}]

module away 'module-storage.bicep' = {
  name: 'away'
  scope: resourceGroup('away-rg')
  params: { name: 'away', key: secret }
}

module skipped 'module-storage.bicep' = if (stage == 'prod') {
  name: 'skipped'
  params: { name: 'skipped' }
}

module roles 'module-subscription.bicep' = {
  name: 'roles'
  scope: subscription()
  params: { principal: first.outputs.id, vault: secret }
}

resource disk 'Microsoft.Compute/disks@2023-10-02' = {
  name: 'disk-${many[1].name}'
  location: resourceGroup().location
  properties: {
    creationData: {
      createOption: 'Import'
      sourceUri: first.outputs.blob
      storageAccountId: many[1].outputs.id
    }
    diskAccessId: away.outputs.id
    tier: join(many[1].outputs.all, '+')
    diskEncryptionId: roles.outputs.id
  }
}

output group object = first.outputs.group
output blobs array = [for i in range(0, 2): many[i].outputs.blob]
output all array = [for i in range(0, 2): many[i].outputs.all]
output away object = away.outputs.group
output optional string = skipped.?outputs.id ?? 'none'
