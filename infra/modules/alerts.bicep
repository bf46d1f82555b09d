metadata name = 'Alerts'
metadata description = 'Alerts on the driver\'s own log lines.'

import { tagsType } from 'types.bicep'

@description('Required. Azure region.')
param location string

@description('Required. Resource id of the Application Insights component.')
param insightsId string

@description('Required. Name of the environment: part of every name.')
param environmentName string

@description('Required. E-mail addresses that alerts go to.')
param emails string[]

@description('Required. Tags.')
param tags tagsType

// Each counts the lines of 15 minutes that hold the text. tests/hosting checks that the driver writes these texts.
var rules = [
  {
    name: 'lifecycles-failed'
    description: 'Lifecycles ended with FAILED: docs/operations.md, failure codes.'
    text: 'FAILED published'
    threshold: 5
    severity: 2
  }
  {
    name: 'events-not-published'
    description: 'Kafka does not acknowledge events: the resource manager does not learn how lifecycles end.'
    text: 'the event waits for Kafka'
    threshold: 3
    severity: 1
  }
  {
    name: 'executions-lost'
    description: 'Executions ended without an event of their own; FAILED was reported for them.'
    text: 'the execution ended without an event'
    threshold: 0
    severity: 1
  }
  {
    name: 'arm-throttling'
    description: 'Azure Resource Manager or a resource provider throttles the subscription.'
    text: 'RequestsThrottled'
    // In a minute a process writes four such lines at most, the last with the count of the others.
    threshold: 3
    severity: 3
  }
  {
    name: 'work-refused'
    description: 'The driver refuses work: a setting is missing or wrong.'
    text: 'cannot accept work'
    threshold: 0
    severity: 1
  }
]

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-azure-driver-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'azdriver'
    enabled: true
    emailReceivers: [
      for (email, index) in emails: {
        name: 'receiver-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'azure-driver-${environmentName}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Azure driver ${environmentName}: ${rule.name}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [insightsId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: 'traces | where message contains "${rule.text}"'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(emails) ? [] : [actions.id] }
    }
  }
]
