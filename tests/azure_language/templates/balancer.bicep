// A load balancer and a scale set: references into what the template itself gives.
param n int = 3
param names string[] = ['web', 'api']
var lbName = 'lb'
resource pip 'Microsoft.Network/publicIPAddresses@2023-11-01' = [
  for i in range(0, n): {
    name: 'pip${i}'
    location: resourceGroup().location
    sku: { name: 'Standard' }
    properties: { publicIPAllocationMethod: 'Static' }
  }
]
resource lb 'Microsoft.Network/loadBalancers@2023-11-01' = {
  name: lbName
  location: resourceGroup().location
  sku: { name: 'Standard' }
  properties: {
    frontendIPConfigurations: [
      for i in range(0, n): { name: 'fe${i}', properties: { publicIPAddress: { id: pip[i].id } } }
    ]
    backendAddressPools: [for name in names: { name: name }]
    loadBalancingRules: [
      for (name, i) in names: {
        name: '${name}-rule'
        properties: {
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/loadBalancers/frontendIPConfigurations', lbName, 'fe${i}')
          }
          backendAddressPool: {
            id: '${resourceId('Microsoft.Network/loadBalancers', lbName)}/backendAddressPools/${name}'
          }
          frontendPort: 80 + i
          backendPort: 8080
          protocol: 'Tcp'
          enableFloatingIP: i > 0
        }
      }
    ]
    probes: concat(
      map(names, nm => { name: nm, properties: { port: 80, protocol: 'Tcp' } }),
      n > 2 ? [{ name: 'extra', properties: { port: n, protocol: 'Tcp' } }] : []
    )
  }
}
resource vmss 'Microsoft.Compute/virtualMachineScaleSets@2023-09-01' = {
  name: 'vmss'
  location: resourceGroup().location
  sku: { name: 'Standard_D2s_v3', capacity: n }
  zones: ['1', '2']
  identity: { type: 'SystemAssigned' }
  plan: { name: 'p', product: 'q', publisher: 'r' }
  properties: {
    upgradePolicy: { mode: 'Manual' }
    virtualMachineProfile: {
      osProfile: {
        computerNamePrefix: 'vm'
        adminUsername: 'adm'
        customData: base64(format('#cloud-config\nhosts: {0}', join(names, ',')))
        linuxConfiguration: { ssh: { publicKeys: [{ keyData: 'k', path: '/home/${'adm'}/.ssh' }] } }
      }
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: 'nic'
            properties: {
              ipConfigurations: [
                for (name, j) in names: {
                  name: name
                  properties: { loadBalancerBackendAddressPools: [{ id: lb.properties.backendAddressPools[j].id }] }
                }
              ]
            }
          }
        ]
      }
      extensionProfile: {
        extensions: [
          for e in items({ one: 1, two: 2 }): {
            name: e.key
            properties: { settings: { v: e.value, ip: pip[e.value].properties.ipAddress } }
          }
        ]
      }
    }
  }
  dependsOn: [lb, pip]
}
resource ra 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in names: if (i >= 0) {
    name: guid(vmss.id, name)
    properties: {
      principalId: vmss.identity.principalId
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', guid(name))
    }
  }
]
resource site 'Microsoft.Web/sites@2023-12-01' = {
  name: 'site'
  location: resourceGroup().location
  properties: {
    siteConfig: {
      appSettings: union([{ name: 'a', value: 'b' }], [{ name: 'ip', value: pip[0].properties.ipAddress }])
      cors: { allowedOrigins: ['https://${pip[1].properties.dnsSettings.fqdn}'] }
    }
  }
}
resource conf 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: site
  name: 'appsettings'
  properties: union(
    { A: 'b', host: site.properties.defaultHostName },
    n > 1 ? { B: 'c' } : {},
    list(site.id, '2023-12-01').properties
  )
}
resource conn 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: site
  name: 'connectionstrings'
  properties: { db: { value: 'Server=${site.properties.hostNames[0]};x=${uniqueString(site.id)}', type: 'SQLAzure' } }
}
resource diag 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'diag'
  scope: site
  properties: {
    logs: [for c in ['a', 'b']: { category: c, enabled: true }]
    workspaceId: resourceId('ws-rg', 'Microsoft.OperationalInsights/workspaces', 'ws')
  }
}
output ids array = [for i in range(0, n): { id: pip[i].id, ip: pip[i].properties.ipAddress }]
output lbRules array = lb.properties.loadBalancingRules
output fe string = lb.properties.frontendIPConfigurations[0].id
output zones array = vmss.zones
output first string = first(lb.properties.probes).name
output mapped array = map(lb.properties.backendAddressPools, p => p.name)
output cnt int = length(lb.properties.probes)
output fqdn string = 'https://${pip[0].properties.dnsSettings.fqdn}'
output san array = [for p in names: '${p}.${pip[0].properties.ipAddress}']
output obj object = toObject(names, x => x, x => pip[0].properties.ipAddress)
output flt array = filter(lb.properties.backendAddressPools, p => p.name == 'web')
output rec object = union(lb.properties.probes[0], { q: pip[0].properties.ipAddress })
output cond string = contains(lb.properties, 'probes') ? 'y' : 'n'
output cond2 string = contains(pip[0].properties, 'ipAddress') ? 'y' : 'n'
output tern string = pip[0].properties.ipAddress == '1.1.1.1' ? 'y' : 'n'
output json string = string(lb.properties.probes)
