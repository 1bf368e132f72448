{%- set conditions = [
    "myocardial_infarction",
    "congestive_heart_failure",
    "peripheral_vascular_disease",
    "cerebrovascular_disease",
    "dementia",
    "chronic_pulmonary_disease",
    "rheumatic_disease",
    "peptic_ulcer_disease",
    "mild_liver_disease",
    "diabetes_uncomplicated",
    "diabetes_complicated",
    "hemiplegia_paraplegia",
    "renal_disease",
    "cancer",
    "moderate_severe_liver_disease",
    "metastatic_cancer",
    "aids_hiv",
] -%}
{%- set greater = {
    "mild_liver_disease": "moderate_severe_liver_disease",
    "diabetes_uncomplicated": "diabetes_complicated",
    "cancer": "metastatic_cancer",
} -%}
{%- set weights = {"1987": "weight_charlson_1987", "2011": "weight_quan_2011"} -%}
{%- set in_window = in_lookback(
    "conditions.condition_date",
    "cohort.index_date",
    var("charlson_lookback_days"),
    var("charlson_include_index_day"),
) -%}
with
    -- the two weights of each condition that was found in the window
    found_conditions as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for condition in conditions %}
                {%- for year, weight in weights.items() %}
                    ,
                    max(
                        case
                            when conditions.condition = '{{ condition }}'
                            then conditions.{{ weight }}
                        end
                    ) as {{ condition }}_{{ year }}
                {%- endfor %}
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        inner join
            {{ ref("charlson_conditions") }} as conditions
            on conditions.pnr = cohort.pnr
            and {{ in_window }}
        group by cohort.pnr, cohort.index_date
    ),

    flagged_conditions as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for condition in conditions %}
                ,
                cast(
                    {{ condition }}_1987 is not null
                    {%- if var("charlson_hierarchy") and condition in greater %}
                        and {{ greater[condition] }}_1987 is null
                    {%- endif %} as int
                ) as {{ condition }},
                {{ condition }}_1987,
                {{ condition }}_2011
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        left join
            found_conditions
            on found_conditions.pnr = cohort.pnr
            and found_conditions.index_date = cohort.index_date
    ),

    charlson_quan as (
        select
            pnr,
            index_date
            {%- for condition in conditions %}, {{ condition }} {%- endfor %}
            {%- for year in weights %}
                ,
                cast(
                    {%- for condition in conditions %}
                        {{ condition }} * coalesce({{ condition }}_{{ year }}, 0)
                        {%- if not loop.last %} + {% endif %}
                    {%- endfor %} as int
                ) as score_{{ year }}
            {%- endfor %}
        from flagged_conditions
    )

select *
from charlson_quan
