{# A query: columns of the newest population snapshot on or before the day of each point. Points are a table of pnr and
   index_date. With the variable covariates_or_later, a person without such a snapshot is told by the earliest later one. #}
{% macro residents_as_of(points, columns) -%}
    {{
        as_of(
            points,
            "index_date",
            ref("residents"),
            "snapshot_date",
            "pnr",
            columns,
            var("covariates_or_later"),
        )
    }}
{%- endmacro %}

{# A query: who each point is, as residents_as_of() tells. #}
{% macro demographics_as_of(points) -%}
    {%- set columns = [
        "sex",
        "birth_date",
        "origin",
        "origin_country",
        "citizenship",
        "civil_status",
        "municipality_code",
        "region_code",
    ] -%}
    select
        known.*,
        countries.label_da as citizenship_label,
        {{ days_between("snapshot_date", "index_date") }} as days_since_snapshot,
        cast({{ age_at("birth_date", "index_date") }} as int) as age
    from ({{ residents_as_of(points, columns) }}) as known
    left join {{ ref("countries") }} as countries on countries.code = known.citizenship
{%- endmacro %}

{# A query: the family and the household that each point lives in, as residents_as_of() tells. #}
{% macro household_as_of(points) -%}
    {%- set columns = [
        "family_type",
        "family_members",
        "family_children",
        "household_type",
        "household_members",
        "household_children",
    ] -%}
    select
        known.*,
        family_types.label_en as family_type_label,
        household_types.label_en as household_type_label,
        {{ days_between("snapshot_date", "index_date") }} as days_since_snapshot
    from ({{ residents_as_of(points, columns) }}) as known
    left join
        {{ ref("family_types") }} as family_types
        on family_types.code = known.family_type
    left join
        {{ ref("household_types") }} as household_types
        on household_types.code = known.household_type
{%- endmacro %}

{# A query: the incomes of the newest year that has ended on or before the day of each point, nominal. #}
{% macro income_as_of(points) -%}
    {%- set columns = [
        "year",
        "total_personal_income",
        "wage_income",
        "disposable_income",
        "equivalised_disposable_income",
        "beskst13",
        "pre_socio",
    ] -%}
    select
        pnr,
        index_date,
        year as income_year,
        {{ days_between("period_end", "index_date") }} as days_since_year_end,
        total_personal_income,
        wage_income,
        {{ other_income("total_personal_income", "wage_income") }} as other_income,
        disposable_income,
        equivalised_disposable_income,
        beskst13,
        pre_socio
    from
        (
            {{
                as_of(
                    points, "index_date", ref("income"), "period_end", "pnr", columns
                )
            }}
        ) as known
{%- endmacro %}

{# The part of the total income that is no wage, where it is above 0; missing where it is not, or where one is missing. #}
{% macro other_income(total, wage) -%}
    case when {{ total }} - {{ wage }} > 0 then {{ total }} - {{ wage }} end
{%- endmacro %}

{# A query: the highest completed education of each point on its day, and the highest level that it had reached by then.
   Intervals of a person do not overlap, so at most one holds the day; a level that is not stated (9) is no level. #}
{% macro education_as_of(points) -%}
    {%- set holds = "filter (where education.valid_to >= points.index_date)" -%}
    select
        points.pnr,
        points.index_date,
        max(education.valid_from) {{ holds }} as valid_from,
        max(education.hfaudd) {{ holds }} as hfaudd,
        max(education.isced_level) {{ holds }} as isced_level,
        max(education.education_group) {{ holds }} as education_group,
        max(education.isced_level) filter (
            where education.isced_level < 9
        ) as highest_isced_level
    from {{ points }} as points
    left join
        {{ ref("education") }} as education
        on education.pnr = points.pnr
        and education.valid_from <= points.index_date
    group by points.pnr, points.index_date
{%- endmacro %}

{# A query: the position in the labour market of the newest year that has ended on or before the day of each point. The code
   is the first that the year has of SOCIO13, SOCIO and SOCIO02, and `classification` names which it is. #}
{% macro occupation_as_of(points) -%}
    {%- set columns = ["year", "socio13", "socio", "socio02", "employment_group"] -%}
    select
        known.pnr,
        known.index_date,
        known.year as position_year,
        {{ days_between("period_end", "index_date") }} as days_since_year_end,
        coalesce(known.socio13, known.socio, known.socio02) as position_code,
        case
            when known.socio13 is not null
            then 'SOCIO13'
            when known.socio is not null
            then 'SOCIO'
            when known.socio02 is not null
            then 'SOCIO02'
        end as classification,
        known.socio13,
        known.socio,
        known.socio02,
        known.employment_group,
        socio13.label_en as socio13_label
    from
        (
            {{
                as_of(
                    points,
                    "index_date",
                    ref("employment"),
                    "period_end",
                    "pnr",
                    columns,
                )
            }}
        ) as known
    left join {{ ref("socio13") }} as socio13 on socio13.code = known.socio13
{%- endmacro %}

{# A query: the mean of the yearly incomes that each point has in the `years` calendar years before the year of its day;
   missing where none is known. Exact to the hundredth of a krone, so that the order of the rows makes no difference. #}
{% macro mean_income_before(points, years=5) -%}
    {%- set year = year_of("points.index_date") -%}
    select
        points.pnr,
        points.index_date,
        {{ exact_mean("income.total_personal_income") }} as mean_income
    from {{ points }} as points
    left join
        {{ ref("income") }} as income
        on income.pnr = points.pnr
        and income.year between {{ year }} - {{ years }} and {{ year }} - 1
    group by points.pnr, points.index_date
{%- endmacro %}

{# A query: every yearly total personal income of a person, nominal and in the prices of the variable price_year; real is
   missing where the price index does not reach the year. #}
{% macro nominal_and_real_incomes() -%}
    select
        income.pnr,
        income.year,
        income.total_personal_income as amount,
        round(income.total_personal_income * prices.price_factor, 2) as real_amount
    from {{ ref("income") }} as income
    left join {{ ref("consumer_price_index") }} as prices on prices.year = income.year
{%- endmacro %}

{# A query: how the total personal income of each point went in the `years` calendar years before the year of its day, or in
   all of them: number of known years, mean, and the slope in DKK a year; nominal, and in the prices of price_year, which are missing
   where the price index does not reach one of the years. #}
{% macro income_trajectory_before(points, years="") -%}
    {%- set year = year_of("points.index_date") -%}
    {%- set told = "filter (where incomes.amount is not null)" -%}
    {%- set priced = "count(incomes.real_amount) = count(incomes.amount)" -%}
    {%- set real_slope = ols_slope("incomes.year", "incomes.real_amount") -%}
    select
        points.pnr,
        points.index_date,
        count(incomes.amount) as n_years,
        min(incomes.year) {{ told }} as first_year,
        max(incomes.year) {{ told }} as last_year,
        {{ exact_mean("incomes.amount") }} as mean_income,
        {{ ols_slope("incomes.year", "incomes.amount") }} as income_slope,
        case
            when {{ priced }} then {{ exact_mean("incomes.real_amount") }}
        end as mean_real_income,
        case when {{ priced }} then {{ real_slope }} end as real_income_slope
    from {{ points }} as points
    left join
        ({{ nominal_and_real_incomes() }}) as incomes
        on incomes.pnr = points.pnr
        and incomes.year < {{ year }}
        {%- if years != "" %} and incomes.year >= {{ year }} - {{ years }} {%- endif %}
    group by points.pnr, points.index_date
{%- endmacro %}
