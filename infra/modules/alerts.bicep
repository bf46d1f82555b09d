metadata name = 'Alerts'
metadata description = 'Alerts on the driver\'s metrics, the same as those of the chart\'s Prometheus rules.'

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

// Each compares the column `of`, aggregated `by`, with its threshold; without a column the number of records. Those with two periods fire only if both fail. tests/hosting holds names, labels and values against what the driver measures. Application Insights keeps of
// http.server.request.duration the status alone, as request/resultCode.
var counted = {
  where: {}
  of: 'valueSum'
  by: 'Total'
  operator: 'GreaterThan'
  threshold: 0
  window: 'PT15M'
  periods: 1
}
var highest = {
  where: {}
  of: 'value'
  by: 'Maximum'
  operator: 'GreaterThan'
  threshold: 0
  window: 'PT5M'
  periods: 2
}
var lowest = { where: {}, of: 'value', by: 'Minimum', operator: 'LessThan', threshold: 1, window: 'PT5M', periods: 2 }
var rules = [
  {
    name: 'silent'
    description: 'No metrics come: nothing runs, or they do not arrive. docs/operations.md, The driver is silent.'
    metric: 'azure_driver.service.reachable'
    where: {}
    of: null
    by: 'Count'
    operator: 'LessThan'
    threshold: 1
    window: 'PT15M'
    periods: 1
    severity: 1
  }
  {
    ...lowest
    name: 'kafka-away'
    description: 'Kafka takes no events. Nothing is lost: docs/operations.md, Events are missing.'
    metric: 'azure_driver.service.reachable'
    where: { 'azure_driver.service': 'kafka' }
    severity: 1
  }
  {
    ...highest
    name: 'events-pending'
    description: 'An event has waited for Kafka for more than 5 minutes: docs/operations.md, Events are missing.'
    metric: 'azure_driver.events.oldest_age'
    threshold: 300
    periods: 1
    severity: 1
  }
  {
    ...lowest
    name: 'task-hub-away'
    description: 'The task hub cannot be read: nothing goes on. docs/operations.md, Requests are refused.'
    metric: 'azure_driver.task_hub.reachable'
    severity: 1
  }
  {
    ...counted
    name: 'work-refused'
    description: 'A setting is wrong, or the task hub is away: docs/operations.md, Requests are refused.'
    metric: 'http.server.request.duration'
    where: { 'request/resultCode': '503' }
    of: 'valueCount'
    severity: 1
  }
  {
    ...counted
    name: 'executions-lost'
    description: 'Executions ended without an event; FAILED was reported for them: docs/operations.md, Orphans.'
    metric: 'azure_driver.executions.lost'
    severity: 1
  }
  {
    ...counted
    name: 'transitions-fail'
    description: 'More than 5 transitions have failed in 15 minutes: docs/operations.md, FAILED.'
    metric: 'azure_driver.transitions'
    where: { 'azure_driver.outcome': 'FAILED' }
    threshold: 5
    severity: 2
  }
  {
    ...highest
    name: 'transition-near-timeout'
    description: 'One has used more than three quarters of its time: docs/operations.md, A lifecycle does not end.'
    metric: 'azure_driver.transitions.time_used'
    threshold: json('0.75')
    periods: 1
    severity: 2
  }
  {
    ...highest
    name: 'throttled'
    description: 'Azure has refused calls for 10 minutes: docs/operations.md, Throttled.'
    metric: 'azure_driver.arm.limits_reached'
    severity: 3
  }
  {
    ...lowest
    name: 'entra-away'
    description: 'Entra ID does not sign the driver in: docs/operations.md, Entra ID or ARM is away.'
    metric: 'azure_driver.service.reachable'
    where: { 'azure_driver.service': 'entra' }
    severity: 2
  }
  {
    ...lowest
    name: 'azure-away'
    description: 'The driver does not reach Azure Resource Manager: docs/operations.md, Entra ID or ARM is away.'
    metric: 'azure_driver.service.reachable'
    where: { 'azure_driver.service': 'azure' }
    severity: 2
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
      windowSize: rule.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: join(
              [
                'customMetrics'
                'where name == "${rule.metric}"'
                ...map(
                  items(rule.where),
                  label => 'where tostring(customDimensions["${label.key}"]) == "${label.value}"'
                )
              ],
              ' | '
            )
            metricMeasureColumn: rule.of
            timeAggregation: rule.by
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: rule.periods
              minFailingPeriodsToAlert: rule.periods
            }
          }
        ]
      }
      actions: { actionGroups: empty(emails) ? [] : [actions.id] }
    }
  }
]
