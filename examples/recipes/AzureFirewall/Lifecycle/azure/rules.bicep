metadata description = 'Lets a network reach web sites by name.'

@description('Required. Name of the firewall\'s policy.')
param policy_name string

@description('Required. Names of the sites, such as *.ubuntu.com,packages.example.org.')
@minLength(1)
param targets array

@description('Optional. Where the calls come from. Default: anywhere in the network.')
param sources array = ['*']

resource policy 'Microsoft.Network/firewallPolicies@2024-05-01' existing = {
  name: policy_name
}

resource web 'Microsoft.Network/firewallPolicies/ruleCollectionGroups@2024-05-01' = {
  parent: policy
  name: 'web'
  properties: {
    priority: 200
    ruleCollections: [
      {
        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
        name: 'allowed'
        priority: 100
        action: {
          type: 'Allow'
        }
        rules: [
          {
            ruleType: 'ApplicationRule'
            name: 'sites'
            protocols: [
              {
                protocolType: 'Https'
                port: 443
              }
            ]
            sourceAddresses: sources
            targetFqdns: targets
          }
        ]
      }
    ]
  }
}
