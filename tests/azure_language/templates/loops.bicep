// Copies of every kind: resources, properties, variables, outputs, serial ones, copies of children.
param environments array = ['dev', 'test', 'prod']
param sizes object = { dev: 1, prod: 5 }

var squares = [for i in range(0, 4): { n: i, square: i * i }]
var table = [for (env, i) in environments: {
  env: env
  size: sizes[?env] ?? 2
  slots: map(range(0, i + 1), s => '${env}-${s}')
}]
var lookup = toObject(table, t => t.env, t => t.slots)

@batchSize(2)
resource plans 'Microsoft.Web/serverfarms@2023-12-01' = [for (env, i) in environments: {
  name: 'plan-${env}'
  location: resourceGroup().location
  sku: { name: 'P${i + 1}v3', capacity: sizes[?env] ?? 2 }
  tags: { slots: join(lookup[env], ',') }
}]

resource apps 'Microsoft.Web/sites@2023-12-01' = [for (env, i) in environments: if (env != 'test') {
  name: 'app-${env}-${uniqueString(resourceGroup().id, env)}'
  location: resourceGroup().location
  properties: {
    serverFarmId: plans[i].id
    siteConfig: {
      appSettings: [for item in items(sizes): { name: toUpper(item.key), value: string(item.value * squares[i].square) }]
      connectionStrings: [for x in []: { name: x }]
    }
  }
}]

resource site 'Microsoft.Web/sites@2023-12-01' = {
  name: 'site'
  location: resourceGroup().location

  resource config 'config' = {
    name: 'web'
    properties: { alwaysOn: true }
  }

  resource slot 'slots' = {
    name: 'green'
    location: resourceGroup().location

    resource settings 'config' = [for kind in ['appsettings', 'metadata']: {
      name: any(kind)
      properties: { kind: kind, parent: slot.name }
    }]
  }
}

resource slots 'Microsoft.Web/sites/slots@2023-12-01' = [for i in range(1, 2): {
  parent: apps[0]
  name: 'slot${i}'
  location: resourceGroup().location
  properties: { serverFarmId: apps[0].properties.serverFarmId }
}]

output squares array = squares
output table array = table
output names array = [for (env, i) in environments: { name: plans[i].name, sku: plans[i].sku.name }]
output hosts array = [for i in range(0, 2): slots[i].id]
output nested array = [for i in range(0, 2): map(range(0, i + 1), j => i * j)]
