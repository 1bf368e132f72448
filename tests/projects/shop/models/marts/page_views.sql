-- A model without any YAML; the comment below asks for an order that no query shows.
-- depends_on: {{ ref('customers') }}
select
    page,
    count(*) as views,
    count(distinct customer_id) as visitors
from {{ ref('stg_clicks') }}
group by page
